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

// All that a replacement comes to, by the list as it stands.
struct Draft {
  ListTarget target;
  ListRow row;  // as it will be, but for its revision
  ListEdit edit;
  ListTexts texts;
};

Result<Draft, Problem> draft_of(StoreReader& store, const Call& call, const Replacement& wanted, ListTarget target) {
  if (auto stale = refuse_stale(call.request, target.list.changed)) return Err{std::move(*stale)};
  ListRow row = target.list;
  row.mode = wanted.mode.value_or(row.mode);
  if (auto unconfirmed = refuse_unconfirmed_mode(call, target.list, row.mode)) return Err{std::move(*unconfirmed)};
  row.when_empty = wanted.when_empty.value_or(row.when_empty);
  row.entry_count = wanted.entries.size();
  if (auto opening = refuse_opening(call, target.list, {row.entry_count, row.when_empty})) {
    return Err{std::move(*opening)};
  }
  auto standing = all_entries(store, row.ref);
  if (!standing) return Err{std::move(standing).error()};
  Draft draft{.target = std::move(target), .row = row, .edit = {}, .texts = {}};
  draft.edit = edit_list(std::move(*standing), wanted.entries, call);
  draft.texts = texts_of(draft.target.list, row, draft.edit);
  return draft;
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

  std::optional<Draft> draft;
  JudgedList judged;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto target = find_list(change.tx, call);
    if (!target) return Err{std::move(target).error()};
    auto drafted = draft_of(change.tx, call, *wanted, std::move(*target));
    if (!drafted) return Err{std::move(drafted).error()};
    draft = std::move(*drafted);
    judged = *first_judged;
    if (auto good = judge_again(change.tx, layer, wanted->entries, judged); !good) return good;
    warn_of_proxies(call, wanted->entries, judged.judgement);
    const ListRow& row = draft->row;
    if (auto written = write_edit(change.tx, row.ref, draft->edit); !written) return written;
    if (auto set = checked(change.tx.update_list(row.ref, row.mode, row.when_empty)); !set) return set;
    change.audit_text("allowlist.replace", draft->target.subject, draft->target.account, draft->texts.before,
                      draft->texts.after);
    return {};
  });
  if (!committed) return Err{committed.error()};
  boost::json::object body = view_after(draft->row, *committed);
  body["added"] = draft->edit.counts.added;
  body["kept"] = draft->edit.counts.kept;
  body["removed"] = draft->edit.counts.removed;
  body["warnings"] = view(judged.judgement.warnings, wanted->entries);
  HttpResponse response = json_response(200, body);
  response.headers.emplace_back("ETag", etag_after(*committed, draft->row.changed));
  return response;
}

}  // namespace keyfence::routes::allowlist
