#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/usage/usage_store.h"

namespace keyfence {

enum class DrainNews : std::uint8_t { kTrouble, kRecovered };

struct DrainOptions {
  std::filesystem::path spool_dir;
  UsageRetention retention;
  // Told, on the drain's thread, what an operator must know: that the log cannot be stored and why, that it can again,
  // that gateways have dropped records, that records or files are damaged. Once each time it changes.
  std::function<void(DrainNews news, const std::string& what)> tell = {};
};

// What one gateway, by the name in its records, told the drain through the spool of this machine.
struct GatewayStatus {
  std::string name;
  std::uint64_t stored = 0;         // records, since this drain began
  std::uint64_t dropped = 0;        // because its spool was full; of the segments that this drain met
  std::uint64_t backlog_bytes = 0;  // committed and not yet stored
  std::uint64_t workers = 0;        // that have a file in the spool now
  Timestamp last_at{0};             // when its newest stored request arrived; 0: none yet
  Revision last_revision = {};      // the policy that decided it
};
// Names beyond are not told apart: whoever can write to the spool can invent them.
inline constexpr std::size_t kGatewaysMax = 100;

struct DrainStatus {
  std::uint64_t stored = 0;             // records, since this drain began
  std::uint64_t backlog_bytes = 0;      // committed in the spool and not yet stored
  std::int64_t lag_micros = 0;          // while there is a backlog, how long ago the last stored record arrived
  std::uint64_t segments = 0;           // files in the spool
  std::vector<GatewayStatus> gateways;  // that this drain has heard of, by name
  std::string failure;                  // why records cannot be stored, read or cut back now; empty: all can be
};

// Moves records from the spool into the usage store, in the background.
//
// Shape    Round robin over writers, so that a long backlog of one does not starve the others; a segment is removed
//          when it is ended and stored. What cannot be stored stays in the spool and is tried again.
// Threads  Its own; status() from any.
class Drain {
 public:
  // What the policy says of a record's address: the most specific usable entry of each layer, then the oldest.
  using Matcher = std::function<MatchedEntries(const UsageRecord&)>;

  [[nodiscard]] static std::unique_ptr<Drain> start(UsageStore& store, DrainOptions options, Matcher matcher);
  virtual ~Drain() = default;  // stores what it has in hand, then ends

  [[nodiscard]] virtual DrainStatus status() const = 0;
  // Returns when everything that was committed before the call is stored, or could not be.
  virtual void flush() = 0;
};

}  // namespace keyfence
