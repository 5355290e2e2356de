#pragma once

#include <cstdint>

#include "libs/policy/ids.h"
#include "libs/policy/policy.h"
#include "libs/policy/reason.h"

namespace keyfence {

enum class Outcome : std::uint8_t { kDeny = 0, kAllow = 1 };

// The answer to one request. A denial is a value, not an error; the zero value denies.
struct Decision {
  Outcome outcome = Outcome::kDeny;
  Reason reason = Reason::kNoPolicy;
  Layer layer = Layer::kNone;  // the list that denied
  // What lists in mode monitor would have done: the first verdict that would have denied, kAllowed if none.
  Reason would_deny = Reason::kAllowed;
  Layer would_deny_layer = Layer::kNone;
  ErrorStyle error_style = ErrorStyle::kEnvelope;
  KeyId key;          // 0 where no key was recognised
  AccountId account;  // 0 likewise
  Revision revision;  // decided by this revision or a later one
  friend bool operator==(const Decision&, const Decision&) = default;
};

// 503 for kNoPolicy, 401 for the key's reasons, 403 for scope and address, 200 for kAllowed.
[[nodiscard]] int http_status(Reason reason) noexcept;

}  // namespace keyfence
