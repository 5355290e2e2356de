#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/input.h"
#include "libs/admin/list_target.h"
#include "libs/admin/list_writer.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {
namespace {

struct Replacement {
  std::optional<ListMode> mode;
  std::optional<WhenEmpty> when_empty;
  std::vector<EntryInput> entries;
};

Result<Replacement, Problem> read_replacement(const boost::json::value& body, std::size_t entries_max) {
  std::vector<FieldError> errors;
  ObjectReader reader(body, "", errors);
  Replacement replacement;
  replacement.mode = reader.choice<ListMode>("mode", parse_list_mode, kListModes);
  replacement.when_empty = reader.choice<WhenEmpty>("when_empty", parse_when_empty, kWhenEmpties);
  if (const boost::json::array* array = reader.array("entries", Presence::kRequired)) {
    replacement.entries = read_entries(*array, "/entries", entries_max, errors);
  }
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return replacement;
}

}  // namespace

Answer replace(Call& call) {
  const auto instance = call.services.store.instance();
  if (!instance) return Err{problem_of(instance.error())};
  const Layer layer = layer_of_path(call);
  const auto wanted = read_replacement(call.body, limits_of(*instance, layer).entries_max);
  if (!wanted) return Err{wanted.error()};
  const auto first_judged = judge_list(*instance, layer, wanted->entries);
  if (!first_judged) return Err{first_judged.error()};

  ListRow row;
  EntryCounts counts;
  JudgedList judged;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto target = find_list(change.tx, call);
    if (!target) return Err{target.error()};
    if (auto stale = refuse_stale(call.request, target->list.changed)) return Err{std::move(*stale)};
    row = target->list;
    row.mode = wanted->mode.value_or(row.mode);
    if (auto unconfirmed = refuse_unconfirmed_mode(call, target->list, row.mode)) return Err{std::move(*unconfirmed)};
    row.when_empty = wanted->when_empty.value_or(row.when_empty);
    row.entry_count = wanted->entries.size();
    if (auto opening = refuse_opening(call, target->list, {row.entry_count, row.when_empty})) {
      return Err{std::move(*opening)};
    }
    judged = *first_judged;
    if (auto good = judge_again(change.tx, layer, wanted->entries, judged); !good) return good;
    warn_of_proxies(call, wanted->entries, judged.judgement);
    auto before = view_for_audit(change.tx, target->list);
    if (!before) return Err{before.error()};
    auto written = write_entries(change.tx, call, row.ref, wanted->entries);
    if (!written) return Err{std::move(written).error()};
    counts = *written;
    if (row.mode != target->list.mode || row.when_empty != target->list.when_empty) {
      auto updated = checked(change.tx.update_list(row.ref, row.mode, row.when_empty));
      if (!updated) return updated;
    }
    auto after = view_for_audit(change.tx, row);
    if (!after) return Err{after.error()};
    change.audit("allowlist.replace", target->subject, target->account, *before, *after);
    return {};
  });
  if (!committed) return Err{committed.error()};
  boost::json::object body = view_after(row, *committed);
  body["added"] = counts.added;
  body["kept"] = counts.kept;
  body["removed"] = counts.removed;
  body["warnings"] = view(judged.judgement.warnings, wanted->entries);
  HttpResponse response = json_response(200, body);
  response.headers.emplace_back("ETag", etag_after(*committed, row.changed));
  return response;
}

}  // namespace keyfence::routes::allowlist
