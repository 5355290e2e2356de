#pragma once

#include <mutex>
#include <unordered_map>

#include "libs/store/control_store.h"

namespace keyfence {

// When tokens and sessions were last used, until it is written down: a request that reads waits for no writer, and
// goes on while the disk is full.
//
// Errors   What cannot be written is kept for the next time. What is not written when the process is killed is lost.
// Threads  Safe.
class LastUses {
 public:
  void note(TokenId token, Timestamp at);
  void note(SessionId session, Timestamp at);
  // Writes all of them down, in one transaction; none if there are none.
  void flush(ControlStore& store);

 private:
  struct Uses {
    std::unordered_map<TokenId, Timestamp> tokens;
    std::unordered_map<SessionId, Timestamp> sessions;
    [[nodiscard]] bool empty() const noexcept { return tokens.empty() && sessions.empty(); }
  };

  std::mutex mutex_;
  Uses uses_;
};

}  // namespace keyfence
