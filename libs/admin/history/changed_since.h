#pragma once

#include "libs/admin/call.h"

namespace keyfence {

// To a 412 adds what changed since the revision that If-Match named: problem.changed_since. For a list the difference
// and who made it, for settings, accounts and keys the lines of the audit log.
//
// Shape    A revision that is forgotten, a list that is too long to be compared, or an ETag that was never given
//          leave the difference out, and changed_since tells the newest changes alone.
void add_changed_since(const Call& call, Problem& problem);

}  // namespace keyfence
