#include "libs/policy/decision.h"

namespace keyfence {

int http_status(Reason reason) noexcept {
  switch (reason) {
    case Reason::kNoPolicy:
      return 503;
    case Reason::kKeyMissing:
    case Reason::kKeyMalformed:
    case Reason::kKeyUnknown:
    case Reason::kKeyDisabled:
    case Reason::kKeyRevoked:
    case Reason::kKeyExpired:
      return 401;
    case Reason::kScopeMissing:
    case Reason::kAddressUnknown:
    case Reason::kAddressDeniedGlobal:
    case Reason::kAddressDeniedAccount:
    case Reason::kAddressDeniedKey:
      return 403;
    case Reason::kAllowed:
      return 200;
  }
  return 503;
}

}  // namespace keyfence
