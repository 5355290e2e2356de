#pragma once

#include "libs/admin/change.h"

// What changing and removing a member have in common.
namespace keyfence::routes::members {

// The member that the path names.
[[nodiscard]] Result<MemberRow, Problem> find_member(StoreReader& store, const Call& call);
// 409 last_owner where the account would be left without one.
[[nodiscard]] Result<void, Problem> require_another_owner(StoreReader& store, const MembershipRow& leaving);

}  // namespace keyfence::routes::members
