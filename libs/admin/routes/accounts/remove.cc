#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/history/row_etag.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/session_times.h"
#include "libs/admin/views.h"

namespace keyfence::routes::accounts {

// Suspended at once, gone after the grace. Deleting what is deleted changes nothing, and does not begin the grace anew.
Answer remove(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  AccountRow row;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto standing = find_account(change.tx, call.caller, *id);
    if (!standing) return Err{std::move(standing).error()};
    row = *standing;
    if (auto stale = refuse_stale_row(call.request, view(row))) return Err{std::move(*stale)};
    if (row.deletion) return {};
    row.deletion = AccountDeletion{call.now, after(call.now, kDeletionGrace), row.state};
    row.state = AccountState::kSuspended;
    change.audit("account.delete", id->text(), *id, view(*standing), view(row));
    return checked(change.tx.update_account(row));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, view_after(row, *committed));
  response.headers.emplace_back("ETag", row_etag(view(row)));
  return response;
}

}  // namespace keyfence::routes::accounts
