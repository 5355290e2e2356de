#include <utility>

#include "libs/admin/input.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {

Answer update(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto mode = reader.choice<ListMode>("mode", parse_list_mode, kListModes);
  const auto when_empty = reader.choice<WhenEmpty>("when_empty", parse_when_empty, kWhenEmpties);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  ListRow row;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto target = find_list(change.tx, call);
    if (!target) return Err{target.error()};
    if (auto stale = refuse_stale(call.request, target->list.changed)) return Err{std::move(*stale)};
    row = target->list;
    row.mode = mode.value_or(row.mode);
    row.when_empty = when_empty.value_or(row.when_empty);
    if (auto unconfirmed = refuse_unconfirmed_mode(call, target->list, row.mode)) return Err{std::move(*unconfirmed)};
    if (auto opening = refuse_opening(call, target->list, {row.entry_count, row.when_empty})) {
      return Err{std::move(*opening)};
    }
    change.audit("allowlist.update", target->subject, target->account, view(target->list), view(row));
    return checked(change.tx.update_list(row.ref, row.mode, row.when_empty));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, view_after(row, *committed));
  response.headers.emplace_back("ETag", etag_after(*committed, row.changed));
  return response;
}

}  // namespace keyfence::routes::allowlist
