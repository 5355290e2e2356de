#include "libs/admin/change.h"
#include "libs/admin/history/row_etag.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::keys {

Answer remove(Call& call) {
  const auto id = call.path_id<KeyId>("key_id");
  if (!id) return Err{id.error()};
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto standing = find_key(change.tx, call.caller, *id);
    if (!standing) return Err{standing.error()};
    if (auto stale = refuse_stale_row(call.request, view(*standing))) return Err{std::move(*stale)};
    const auto list = change.tx.list(ListRef::of(*id));
    if (!list) return Err{problem_of(list.error())};
    auto before_list = view_for_audit(change.tx, *list);
    if (!before_list) return Err{before_list.error()};
    boost::json::object before = view(*standing);
    before["allowlist"] = std::move(*before_list);
    change.audit("key.delete", id->text(), standing->account, before, nullptr);
    return checked(change.tx.delete_key(*id));
  });
  if (!committed) return Err{committed.error()};
  return json_response(200, boost::json::object{{"revision", committed->revision.value}});
}

}  // namespace keyfence::routes::keys
