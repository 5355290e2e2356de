#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::accounts {
namespace {

Result<void, Problem> revoke_tokens(ChangeContext& change, AccountId account, Timestamp now) {
  PageRequest page{.after = 0, .limit = 1000};
  for (;;) {
    auto rows = change.tx.tokens(page);
    if (!rows) return Err{problem_of(rows.error())};
    for (TokenRow& row : *rows) {
      if (row.account != account || row.revoked_at) continue;
      row.revoked_at = now;
      auto updated = checked(change.tx.update_token(row));
      if (!updated) return updated;
      change.audit("token.revoke", row.id.text(), account, nullptr, view(row));
    }
    if (rows->size() < page.limit) return {};
    page.after = rows->back().id.value();
  }
}

}  // namespace

Answer remove(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto standing = find_account(change.tx, call.caller, *id);
    if (!standing) return Err{standing.error()};
    auto revoked = revoke_tokens(change, *id, call.now);
    if (!revoked) return revoked;
    change.audit("account.delete", id->text(), *id, view(*standing), nullptr);
    return checked(change.tx.delete_account(*id));
  });
  if (!committed) return Err{committed.error()};
  return json_response(200, boost::json::object{{"revision", committed->revision.value}});
}

}  // namespace keyfence::routes::accounts
