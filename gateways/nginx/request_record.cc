#include "gateways/nginx/request_record.h"

namespace keyfence::nginx {
namespace {

// A location in mode monitor let a request go on that its lists refuse.
bool spared(const RequestRecord& record) noexcept {
  return record.decision && record.decision->outcome == Outcome::kDeny && record.mode == FenceMode::kMonitor;
}

}  // namespace

Reason RequestRecord::would_deny() const noexcept {
  if (!decision) return Reason::kAllowed;
  return spared(*this) ? decision->reason : decision->would_deny;
}

Layer RequestRecord::would_deny_layer() const noexcept {
  if (!decision) return Layer::kNone;
  return spared(*this) ? decision->layer : decision->would_deny_layer;
}

bool RequestRecord::key_is_good() const noexcept {
  if (!decision) return false;
  switch (decision->reason) {
    case Reason::kNoPolicy:
    case Reason::kKeyMissing:
    case Reason::kKeyMalformed:
    case Reason::kKeyUnknown:
    case Reason::kKeyDisabled:
    case Reason::kKeyRevoked:
    case Reason::kKeyExpired:
      return false;
    case Reason::kScopeMissing:
    case Reason::kAddressUnknown:
    case Reason::kAddressDeniedGlobal:
    case Reason::kAddressDeniedAccount:
    case Reason::kAddressDeniedKey:
    case Reason::kAllowed:
      return decision->key != KeyId();
  }
  return false;
}

}  // namespace keyfence::nginx
