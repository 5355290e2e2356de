#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/idempotency/creation.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {
Answer add_entry(Call& call) {
  std::vector<FieldError> errors;
  const auto input = read_entry(call.body, "", errors);
  if (!input) return Err{invalid_input(std::move(errors))};
  const std::vector<EntryInput> added = {*input};

  EntryRow row;
  ListTarget target;
  Judgement judgement;
  const auto work = [&](ChangeContext& change) -> Result<void, Problem> {
    auto found = find_list(change.tx, call);
    if (!found) return Err{std::move(found).error()};
    target = std::move(*found);
    const ListRow& list = target.list;
    if (auto stale = refuse_stale(call.request, list.changed)) return Err{std::move(*stale)};
    const auto instance = change.tx.instance();
    if (!instance) return Err{problem_of(instance.error())};
    const auto standing = entries_round(change.tx, list, input->parsed.range);
    if (!standing) return Err{standing.error()};
    judgement = judge_additions(*instance, list.ref.layer, *standing, list.entry_count, added);
    if (!judgement.errors.empty()) return Err{invalid_input(judgement.errors)};
    warn_of_proxies(call, added, judgement);
    row = new_entry_row(*input, call);
    change.audit("entry.create", target.subject, target.account, nullptr, view(row));
    return checked(change.tx.insert_entry(list.ref, row));
  };
  return run_creation(call, work, [&](const Committed& committed) {
    HttpResponse response = json_response(201, boost::json::object{{"entry", view(row)},
                                                                   {"warnings", view(judgement.warnings, added)},
                                                                   {"revision", committed.revision.value}});
    response.headers.emplace_back("ETag", etag_after(committed, target.list.changed));
    response.headers.emplace_back("Location", target.path + "/entries/" + row.id.text());
    return response;
  });
}

}  // namespace keyfence::routes::allowlist
