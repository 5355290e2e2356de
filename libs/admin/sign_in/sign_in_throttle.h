#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "libs/base/clock.h"
#include "libs/net/ip_address.h"
#include "libs/policy/presented_key.h"

namespace keyfence {

// One try to sign in, as it is counted.
struct SignInAttempt {
  std::string login;                // as typed, in lower case; whether someone has it plays no part
  std::optional<IpAddress> client;  // nullopt: a trusted proxy told none that can be used
  std::optional<KeyDigest> device;  // a browser that has signed in as this person before
};

// Slows down guessing without a way to keep someone else out.
//
// Shape    Counts tries in windows of 15 minutes; one that succeeds is taken back. A browser that has signed in as this
//          person before has a count of its own, which nobody else can use up. All others share: 5 for a login from
//          one address, 50 from one address, and when a login has been tried 100 times from anywhere, 1 for it from
//          each address. So whoever tries from elsewhere leaves everybody at least one try from an address of their
//          own. An IPv6 address counts as its /64.
// Errors   refused() answers how long to wait.
// Threads  Safe.
// Cost     At most kCountsMax counts are kept; what is forgotten is forgotten in favour of who signs in.
class SignInThrottle {
 public:
  static constexpr std::chrono::minutes kWindow{15};
  static constexpr unsigned kTriesOfDevice = 10;
  static constexpr unsigned kTriesOfLoginAndAddress = 5;
  static constexpr unsigned kTriesOfAddress = 50;
  static constexpr unsigned kTriesOfLogin = 100;
  static constexpr std::size_t kCountsMax = 65'536;

  struct Refusal {
    std::chrono::seconds wait{0};
    bool first = false;  // of its window: the one that is worth a line in the audit log
  };

  // Counts the try; what it answers is to be refused.
  [[nodiscard]] std::optional<Refusal> begin(const SignInAttempt& attempt, Timestamp now);
  // Takes back what begin() counted: the person was let in, or the try was not judged at all.
  void take_back(const SignInAttempt& attempt);

 private:
  struct Count {
    Timestamp since;
    unsigned tries = 0;
    bool refused = false;
  };

  [[nodiscard]] Count& count_of(const std::string& name, Timestamp now);
  [[nodiscard]] std::optional<Refusal> judge(const std::string& name, unsigned tries_max, Timestamp now);
  void make_room(Timestamp now);

  std::mutex mutex_;
  std::unordered_map<std::string, Count> counts_;
};

}  // namespace keyfence
