#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/clock.h"
#include "libs/net/client_address.h"
#include "libs/policy/decision.h"

namespace keyfence::nginx {

// The id of a request, and when it arrived. As text 32 lower-case hexadecimal digits.
//
// Shape    16 bytes: the millisecond of arrival in the first six, most significant first, then 80 random bits: an id
//          sorts by time, and a record is found by it without an index.
struct RequestId {
  Timestamp arrived;
  std::array<std::uint8_t, 16> bytes{};
  std::array<char, 32> digits{};
  [[nodiscard]] std::string_view text() const noexcept { return {digits.data(), digits.size()}; }
};

enum class FenceMode : std::uint8_t { kOff = 0, kOn = 1, kMonitor = 2 };

// What the fence knows of one client request, from its arrival to its log phase. Knows nothing of nginx: the usage
// record is made from it.
//
// Shape    Without a decision the request never reached the fence: an unfenced location, or an answer before it.
struct RequestRecord {
  RequestId id;
  std::optional<IpAddress> peer;  // who opened the connection; nullopt for a unix socket
  ClientAddress client;           // set with the decision
  std::optional<Decision> decision;
  FenceMode mode = FenceMode::kOff;  // of the location that decided
  bool log_query = false;            // likewise: it knows whether a key can stand in the query string

  [[nodiscard]] bool decided() const noexcept { return decision.has_value(); }
  // Whether the request was refused: no later location lifts that.
  [[nodiscard]] bool refused() const noexcept {
    return decision && decision->outcome == Outcome::kDeny && mode != FenceMode::kMonitor;
  }
  // Why the request would have been refused if nothing were in mode monitor; kAllowed if it would not.
  [[nodiscard]] Reason would_deny() const noexcept;
  [[nodiscard]] Layer would_deny_layer() const noexcept;
  // Whether the key was found to be good, whatever came of scope and address.
  [[nodiscard]] bool key_is_good() const noexcept;
};

}  // namespace keyfence::nginx
