#include <utility>

#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {

Answer remove_entry(Call& call) {
  const auto id = call.path_id<EntryId>("entry_id");
  if (!id) return Err{id.error()};
  Revision before;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto target = find_list(change.tx, call);
    if (!target) return Err{target.error()};
    before = target->list.changed;
    const ListRow& list = target->list;
    if (auto stale = refuse_stale(call.request, list.changed)) return Err{std::move(*stale)};
    const auto standing = change.tx.entry(list.ref, *id);
    if (!standing) return Err{problem_of(standing.error())};
    if (auto opening = refuse_opening(call, list, {list.entry_count - 1, list.when_empty})) {
      return Err{std::move(*opening)};
    }
    change.audit("entry.delete", target->subject, target->account, view(*standing), nullptr);
    return checked(change.tx.delete_entry(list.ref, *id));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, boost::json::object{{"revision", committed->revision.value}});
  response.headers.emplace_back("ETag", etag_after(*committed, before));
  return response;
}

}  // namespace keyfence::routes::allowlist
