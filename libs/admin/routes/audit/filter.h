#pragma once

#include <string_view>
#include <vector>

#include "libs/admin/call.h"

namespace keyfence::routes::audit {

// Which lines a call is about: account_id, actor, action, subject, outcome, from and until of its query, within what
// the caller sees.
[[nodiscard]] Result<AuditFilter, Problem> filter_of(const Call& call);

}  // namespace keyfence::routes::audit
