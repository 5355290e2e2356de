#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {
namespace {

struct Patch {
  std::optional<std::string> text;
  std::optional<ParsedEntry> parsed;
  std::optional<std::string> label;
  std::optional<bool> enabled;
  std::optional<std::optional<UnixSeconds>> expires_at;
};

Result<Patch, Problem> read_patch(const boost::json::value& body) {
  std::vector<FieldError> errors;
  ObjectReader reader(body, "", errors);
  Patch patch;
  patch.text = reader.text("text");
  patch.label = reader.text("label");
  patch.enabled = reader.boolean("enabled");
  patch.expires_at = reader.expiry("expires_at");
  reader.finish();
  if (patch.label) {
    if (const auto code = check_label(*patch.label)) errors.push_back(label_error("/label", *code));
  }
  if (patch.text) {
    auto parsed = parse_entry(*patch.text);
    if (parsed) {
      patch.parsed = std::move(*parsed);
    } else {
      errors.push_back(field_error("/text", std::move(parsed).error()));
    }
  }
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return patch;
}

void apply(const Patch& patch, EntryRow& row) {
  if (patch.parsed) {
    row.text = trim_entry_text(*patch.text);
    row.range = patch.parsed->range;
    row.kind = patch.parsed->kind;
  }
  if (patch.label) row.label = *patch.label;
  if (patch.enabled) row.state = *patch.enabled ? EntryState::kEnabled : EntryState::kDisabled;
  if (patch.expires_at) row.expires_at = *patch.expires_at;
}

// What the rules say of the entry in its new form, beside the others.
Result<Judgement, Problem> judge_moved(Transaction& tx, const ListRow& list, const EntryRow& row,
                                       const std::vector<EntryInput>& moved) {
  const auto instance = tx.instance();
  if (!instance) return Err{problem_of(instance.error())};
  auto standing = entries_round(tx, list, row.range);
  if (!standing) return Err{standing.error()};
  std::erase_if(*standing, [&](const CandidateEntry& other) { return other.id == row.id; });
  return judge_additions(*instance, list.ref.layer, *standing, list.entry_count - 1, moved);
}

}  // namespace

Answer update_entry(Call& call) {
  const auto id = call.path_id<EntryId>("entry_id");
  if (!id) return Err{id.error()};
  const auto patch = read_patch(call.body);
  if (!patch) return Err{patch.error()};

  EntryRow row;
  std::vector<EntryInput> moved;
  Judgement judgement;
  Revision before;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto target = find_list(change.tx, call);
    if (!target) return Err{target.error()};
    before = target->list.changed;
    if (auto stale = refuse_stale(call.request, target->list.changed)) return Err{std::move(*stale)};
    const auto standing = change.tx.entry(target->list.ref, *id);
    if (!standing) return Err{problem_of(standing.error())};
    row = *standing;
    apply(*patch, row);
    judgement = {};
    if (row.range != standing->range) {
      moved = {{.pointer = "", .text = row.text, .parsed = *patch->parsed, .label = "", .expires_at = {}}};
      auto judged = judge_moved(change.tx, target->list, row, moved);
      if (!judged) return Err{judged.error()};
      judgement = std::move(*judged);
      if (!judgement.errors.empty()) return Err{invalid_input(judgement.errors)};
      warn_of_proxies(call, moved, judgement);
    }
    change.audit("entry.update", target->subject, target->account, view(*standing), view(row));
    return checked(change.tx.update_entry(target->list.ref, row));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, boost::json::object{{"entry", view(row)},
                                                                 {"warnings", view(judgement.warnings, moved)},
                                                                 {"revision", committed->revision.value}});
  response.headers.emplace_back("ETag", etag_after(*committed, before));
  return response;
}

}  // namespace keyfence::routes::allowlist
