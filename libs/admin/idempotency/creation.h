#pragma once

#include <functional>

#include "libs/admin/change.h"

namespace keyfence {

// run_change() for what must not be made twice. Where the request carries an Idempotency-Key, the answer is stored in
// the transaction of the change, and whoever sends the same request with the same key again within a day is given that
// answer, with Idempotency-Replayed: true, and nothing is made.
//
// Shape    The answer is made before the commit, of what the change set is going to become.
// Errors   422 idempotency_key_reused for the key with another request; 409 answer_not_readable where the answer was
//          given to another credential of the same caller; only successes are kept.
// Source   draft-ietf-httpapi-idempotency-key-header; docs/api.md.
[[nodiscard]] Answer run_creation(const Call& call, const ChangeWork& work,
                                  const std::function<HttpResponse(const Committed&)>& answer);

}  // namespace keyfence
