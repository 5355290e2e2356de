#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/idempotency/creation.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/people_input.h"
#include "libs/admin/sign_in/session_times.h"
#include "libs/admin/views.h"
#include "libs/policy/presented_key.h"

namespace keyfence::routes::invitations {
namespace {

Result<void, Problem> require_no_member(StoreReader& store, AccountId account, const std::string& login) {
  const auto found = store.person_by_login(login);
  if (!found) return Err{problem_of(found.error())};
  const std::optional<PersonRow>& person = *found;
  if (!person) return {};
  const auto member = store.member(account, person->id);
  if (!member) return Err{problem_of(member.error())};
  if (!*member) return {};
  return Err{Problem{.status = 409,
                     .code = "duplicate_member",
                     .detail = "This person is a member already.",
                     .standing_id = person->id.text()}};
}

// A later invitation of the same login takes the place of the earlier one.
Result<void, Problem> delete_standing(Transaction& tx, AccountId account, const std::string& login) {
  PageRequest page{.after = 0, .limit = 1000};
  for (;;) {
    const auto rows = tx.invitations(account, page);
    if (!rows) return Err{problem_of(rows.error())};
    for (const InvitationRow& row : *rows) {
      if (row.login != login) continue;
      if (auto deleted = checked(tx.delete_invitation(row.id)); !deleted) return deleted;
    }
    if (rows->size() < page.limit) return {};
    page.after = rows->back().id.value();
  }
}

}  // namespace

Answer create(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto login = read_login(reader);
  const auto role = read_member_role(reader);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  const NewSecret token = NewSecret::make("kfi_");
  const InvitationRow row{.id = InvitationId(call.services.ids.next()),
                          .account = *id,
                          .login = *login,
                          .role = *role,
                          .digest = token.digest(),
                          .invited_by = call.caller.actor(),
                          .created_at = call.now,
                          .expires_at = after(call.now, kInvitationLife)};
  const auto work = [&](ChangeContext& change) -> Result<void, Problem> {
    const auto account = find_account(change.tx, call.caller, *id);
    if (!account) return Err{account.error()};
    if (auto unknown = require_no_member(change.tx, *id, *login); !unknown) return unknown;
    if (auto deleted = delete_standing(change.tx, *id, *login); !deleted) return deleted;
    change.audit("invitation.create", row.id.text(), *id, nullptr, view(row));
    return checked(change.tx.insert_invitation(row));
  };
  return run_private_creation(call, work, [&](const Committed&) {
    boost::json::object body = view(row);
    body["token"] = token.reveal_once();
    return json_response(201, body);
  });
}

}  // namespace keyfence::routes::invitations
