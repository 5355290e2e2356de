#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/clock.h"
#include "libs/net/client_address.h"
#include "libs/policy/decision.h"

namespace keyfence {

inline constexpr std::size_t kUsageMethodBytesMax = 16;
inline constexpr std::size_t kUsageHostBytesMax = 255;
inline constexpr std::size_t kUsagePathBytesMax = 2048;
inline constexpr std::size_t kUsageUserAgentBytesMax = 512;

using RequestId = std::array<std::uint8_t, 16>;

// One request as the gateway saw it, with its decision. Never the credential; the path never has the query string
// unless the gateway was told to keep it.
//
// Shape    Texts are bytes as they came (any byte may stand in them), views into the caller's memory. Longer ones than
//          the bounds above are cut when written, and `truncated` says so when read.
// Threads  A value; valid as long as what it views.
struct UsageRecord {
  Timestamp at;  // when the request arrived
  RequestId request_id{};
  std::optional<IpAddress> address;  // nullopt: unknown
  ClientAddressNote address_note = ClientAddressNote::kNone;
  Decision decision;
  std::uint16_t status = 0;  // as sent; 0: the connection ended before one was
  std::uint64_t bytes_sent = 0;
  std::uint64_t duration_micros = 0;
  std::string_view method;
  std::string_view host;
  std::string_view path;
  std::string_view user_agent;
  bool truncated = false;
};

// Where a record stands in the spool. A drain that has stored everything before a position never stores it again.
struct SpoolPosition {
  std::uint64_t writer = 0;    // random, one per life of a gateway worker
  std::uint64_t sequence = 0;  // of the segment, from 1
  std::uint64_t offset = 0;    // in bytes from the start of the segment file
  friend constexpr auto operator<=>(const SpoolPosition&, const SpoolPosition&) noexcept = default;
};

}  // namespace keyfence
