#pragma once

#include <functional>

#include "libs/admin/change.h"

namespace keyfence {

// run_change() for what must not be made twice. Where the request carries an Idempotency-Key, the answer is stored in
// the transaction of the change, and whoever sends the same request with the same key again within a day is given that
// answer, with Idempotency-Replayed: true, and nothing is made.
//
// Shape    The answer is made before the commit, of what the change set is going to become. kept: what is kept of it,
//          and given again, where the answer itself is too long for that.
// Errors   422 idempotency_key_reused for the key with another request; 409 answer_not_readable where the answer was
//          given to another credential of the same caller; only successes are kept. 503 stored_not_enforced, again and
//          again, until the gateways of this machine know what was made.
// Source   draft-ietf-httpapi-idempotency-key-header; docs/api.md.
using AnswerOf = std::function<HttpResponse(const Committed&)>;
[[nodiscard]] Answer run_creation(const Call& call, const ChangeWork& work, const AnswerOf& answer,
                                  const AnswerOf& kept = {});

// The same for what gateways are not told of: run_private_change().
[[nodiscard]] Answer run_private_creation(const Call& call, const ChangeWork& work, const AnswerOf& answer);

}  // namespace keyfence
