#include "libs/policy/reason.h"

namespace keyfence {

std::string_view name(Reason reason) noexcept {
  switch (reason) {
    case Reason::kNoPolicy:
      return "no_policy";
    case Reason::kKeyMissing:
      return "key_missing";
    case Reason::kKeyMalformed:
      return "key_malformed";
    case Reason::kKeyUnknown:
      return "key_unknown";
    case Reason::kKeyDisabled:
      return "key_disabled";
    case Reason::kKeyRevoked:
      return "key_revoked";
    case Reason::kKeyExpired:
      return "key_expired";
    case Reason::kScopeMissing:
      return "scope_missing";
    case Reason::kAddressUnknown:
      return "address_unknown";
    case Reason::kAddressDeniedGlobal:
      return "address_denied_global";
    case Reason::kAddressDeniedAccount:
      return "address_denied_account";
    case Reason::kAddressDeniedKey:
      return "address_denied_key";
    case Reason::kAllowed:
      return "allowed";
  }
  return "unknown";
}

std::optional<Reason> parse_reason(std::string_view text) noexcept {
  for (std::uint8_t number = 0; number < kReasonCount; ++number) {
    const auto reason = static_cast<Reason>(number);
    if (name(reason) == text) return reason;
  }
  return std::nullopt;
}

std::string_view name(Layer layer) noexcept {
  switch (layer) {
    case Layer::kNone:
      return "none";
    case Layer::kGlobal:
      return "global";
    case Layer::kAccount:
      return "account";
    case Layer::kKey:
      return "key";
  }
  return "unknown";
}

}  // namespace keyfence
