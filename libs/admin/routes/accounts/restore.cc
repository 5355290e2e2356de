#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/history/row_etag.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::accounts {

Answer restore(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  AccountRow row;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto standing = find_account(change.tx, call.caller, *id);
    if (!standing) return Err{std::move(standing).error()};
    row = *standing;
    if (!row.deletion) {
      return Err{Problem{.status = 409, .code = "not_deleted", .detail = "The account is not deleted."}};
    }
    if (call.now >= row.deletion->purge_at) {  // what is its goes bit by bit, and some may be gone
      return Err{Problem{.status = 409,
                         .code = "account_deleted",
                         .detail = "The time in which the account could be restored has ended."}};
    }
    row.state = row.deletion->state_before;
    row.deletion.reset();
    change.audit("account.restore", id->text(), *id, view(*standing), view(row));
    return checked(change.tx.update_account(row));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, view_after(row, *committed));
  response.headers.emplace_back("ETag", row_etag(view(row)));
  return response;
}

}  // namespace keyfence::routes::accounts
