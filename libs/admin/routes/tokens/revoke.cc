#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::tokens {
namespace {

Result<TokenRow, Problem> find_token(StoreReader& store, const Caller& caller, TokenId id) {
  auto row = store.token(id);
  if (!row) return Err{problem_of(row.error())};
  if (!may_manage(caller, *row)) return Err{not_found()};
  return std::move(*row);
}

}  // namespace

Answer revoke(Call& call) {
  const auto id = call.path_id<TokenId>("token_id");
  if (!id) return Err{id.error()};
  TokenRow row;
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto standing = find_token(change.tx, call.caller, *id);
    if (!standing) return Err{standing.error()};
    row = *standing;
    if (row.revoked_at) return {};
    row.revoked_at = call.now;
    change.audit("token.revoke", row.id.text(), row.account, view(*standing), view(row));
    return checked(change.tx.update_token(row));
  });
  if (!committed) return Err{committed.error()};
  return json_response(200, view(row));
}

}  // namespace keyfence::routes::tokens
