#include <utility>

#include "libs/admin/routes/members/member.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/people_input.h"
#include "libs/admin/views.h"

namespace keyfence::routes::members {

Result<MemberRow, Problem> find_member(StoreReader& store, const Call& call) {
  const auto account_id = call.path_id<AccountId>("account_id");
  if (!account_id) return Err{account_id.error()};
  const auto person_id = call.path_id<PersonId>("person_id");
  if (!person_id) return Err{person_id.error()};
  const auto account = find_account(store, call.caller, *account_id);
  if (!account) return Err{account.error()};
  auto found = store.member(*account_id, *person_id);
  if (!found) return Err{problem_of(found.error())};
  std::optional<MemberRow>& row = *found;
  if (!row) return Err{not_found()};
  return std::move(*row);
}

Result<void, Problem> require_another_owner(StoreReader& store, const MembershipRow& leaving) {
  if (leaving.role != Role::kOwner) return {};
  const auto owners = store.owner_count(leaving.account);
  if (!owners) return Err{problem_of(owners.error())};
  if (*owners > 1) return {};
  return Err{Problem{.status = 409, .code = "last_owner", .detail = "The last owner of an account stays its owner."}};
}

Answer update(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto role = read_member_role(reader);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  MemberRow row;
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto standing = find_member(change.tx, call);
    if (!standing) return Err{std::move(standing).error()};
    row = *standing;
    row.membership.role = *role;
    if (standing->membership.role == *role) return {};
    if (auto others = require_another_owner(change.tx, standing->membership); !others) return others;
    change.audit("member.update", row.membership.person.text(), row.membership.account, view(*standing), view(row));
    return checked(change.tx.put_membership(row.membership));
  });
  if (!committed) return Err{committed.error()};
  return json_response(200, view(row));
}

}  // namespace keyfence::routes::members
