#include "libs/admin/change.h"
#include "libs/admin/history/row_etag.h"
#include "libs/admin/input.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"
#include "libs/policy/presented_key.h"

namespace keyfence::routes::keys {

Answer rotate(Call& call) {
  const auto id = call.path_id<KeyId>("key_id");
  if (!id) return Err{id.error()};
  const NewSecret secret = NewSecret::make("kf_");
  KeyRow row;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto standing = find_key(change.tx, call.caller, *id);
    if (!standing) return Err{standing.error()};
    if (auto stale = refuse_stale_row(call.request, view(*standing))) return Err{std::move(*stale)};
    if (standing->state == KeyState::kRevoked) return Err{key_revoked()};
    row = *standing;
    row.digest = secret.digest();
    row.hint = hint_of(secret.reveal_once());
    change.audit("key.rotate", row.id.text(), row.account, view(*standing), view(row));
    return checked(change.tx.update_key(row));
  });
  if (!committed) return Err{committed.error()};
  return json_response(200, boost::json::object{{"key", view_at(row, committed->revision)},
                                                {"secret", secret.reveal_once()},
                                                {"warnings", boost::json::array()},
                                                {"revision", committed->revision.value}});
}

}  // namespace keyfence::routes::keys
