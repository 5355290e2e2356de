#include "libs/admin/change.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::invitations {

Answer revoke(Call& call) {
  const auto account_id = call.path_id<AccountId>("account_id");
  if (!account_id) return Err{account_id.error()};
  const auto id = call.path_id<InvitationId>("invitation_id");
  if (!id) return Err{id.error()};
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto account = find_account(change.tx, call.caller, *account_id);
    if (!account) return Err{account.error()};
    const auto rows = change.tx.invitations(*account_id, {.after = id->value() - 1, .limit = 1});
    if (!rows) return Err{problem_of(rows.error())};
    if (rows->empty() || rows->front().id != *id) return Err{not_found()};
    change.audit("invitation.revoke", id->text(), *account_id, view(rows->front()), nullptr);
    return checked(change.tx.delete_invitation(*id));
  });
  if (!committed) return Err{committed.error()};
  return no_content();
}

}  // namespace keyfence::routes::invitations
