#include "libs/admin/routes/members/member.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::members {
namespace {

// Whoever is a member of nothing any more has nothing to sign in to.
Result<void, Problem> forget_if_member_of_nothing(Transaction& tx, PersonId id) {
  const auto person = tx.person(id);
  if (!person) return Err{problem_of(person.error())};
  const auto left = tx.memberships(id);
  if (!left) return Err{problem_of(left.error())};
  if (person->is_operator() || !left->empty()) return {};
  return checked(tx.delete_person(id));
}

}  // namespace

Answer remove(Call& call) {
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto standing = find_member(change.tx, call);
    if (!standing) return Err{standing.error()};
    const MembershipRow& membership = standing->membership;
    if (auto others = require_another_owner(change.tx, membership); !others) return others;
    change.audit("member.remove", membership.person.text(), membership.account, view(*standing), nullptr);
    auto removed = checked(change.tx.delete_membership(membership.account, membership.person));
    if (!removed) return removed;
    return forget_if_member_of_nothing(change.tx, membership.person);
  });
  if (!committed) return Err{committed.error()};
  return no_content();
}

}  // namespace keyfence::routes::members
