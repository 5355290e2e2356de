#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keyfence {

// Why a request was decided as it was. Numbers and names are stable: log, API, console and metrics hold them. In
// order of precedence: the first that applies is the reason. Source: docs/decision-order.md.
enum class Reason : std::uint8_t {
  kNoPolicy = 0,
  kKeyMissing = 1,
  kKeyMalformed = 2,
  kKeyUnknown = 3,
  kKeyDisabled = 4,
  kKeyRevoked = 5,
  kKeyExpired = 6,
  kScopeMissing = 7,
  kAddressUnknown = 8,
  kAddressDeniedGlobal = 9,
  kAddressDeniedAccount = 10,
  kAddressDeniedKey = 11,
  kAllowed = 12,
};
inline constexpr std::size_t kReasonCount = 13;

[[nodiscard]] std::string_view name(Reason reason) noexcept;  // "no_policy", ..., "allowed"
[[nodiscard]] std::optional<Reason> parse_reason(std::string_view name) noexcept;

// Which list decided. kNone where no list did.
enum class Layer : std::uint8_t { kNone = 0, kGlobal = 1, kAccount = 2, kKey = 3 };
inline constexpr std::array kListLayers = {Layer::kGlobal, Layer::kAccount, Layer::kKey};  // in order of consultation

[[nodiscard]] std::string_view name(Layer layer) noexcept;  // "none", "global", "account", "key"

}  // namespace keyfence
