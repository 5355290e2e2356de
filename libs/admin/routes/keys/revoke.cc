#include "libs/admin/change.h"
#include "libs/admin/history/row_etag.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::keys {

Answer revoke(Call& call) {
  const auto id = call.path_id<KeyId>("key_id");
  if (!id) return Err{id.error()};
  KeyRow row;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto standing = find_key(change.tx, call.caller, *id);
    if (!standing) return Err{standing.error()};
    if (auto stale = refuse_stale_row(call.request, view(*standing))) return Err{std::move(*stale)};
    row = *standing;
    if (row.state == KeyState::kRevoked) return {};
    row.state = KeyState::kRevoked;
    change.audit("key.revoke", row.id.text(), row.account, view(*standing), view(row));
    return checked(change.tx.update_key(row));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, view_after(row, *committed));
  response.headers.emplace_back("ETag", row_etag(view(row)));
  return response;
}

}  // namespace keyfence::routes::keys
