#include <algorithm>
#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/history/list_difference.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {
namespace {

Result<Revision, Problem> read_revision(const boost::json::value& body) {
  std::vector<FieldError> errors;
  ObjectReader reader(body, "", errors);
  const auto revision = reader.integer("revision", 0, std::int64_t{1} << 52);
  reader.finish();
  if (!reader.has("revision")) reader.report("revision", "missing", "is required");
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return Revision{static_cast<std::uint64_t>(*revision)};
}

// What was allowed then may be too much by the limits of today.
Result<void, Problem> judge(const InstanceRow& instance, Layer layer, const std::vector<EntryRow>& entries) {
  std::vector<CandidateEntry> candidates;
  candidates.reserve(entries.size());
  for (const EntryRow& row : entries) candidates.push_back({row.id, row.range});
  const RuleReport report = check_additions(limits_of(instance, layer), {}, candidates, NonPublicWarnings::kOff);
  if (report.errors.empty()) return {};
  std::vector<FieldError> errors;
  for (const EntryRuleError& error : report.errors) {
    errors.push_back({.pointer = "/revision",
                      .code = std::string(name(error.code)),
                      .message = entries[error.index].range.text() + ": " + error.message});
  }
  return Err{invalid_input(std::move(errors))};
}

// Entries keep the ids that they had. What differs is taken out before anything is put in: ranges may have changed
// places.
struct Touched {
  std::vector<EntryRow> out;
  std::vector<EntryRow> in;
};
Result<Touched, Problem> write_back(Transaction& tx, ListRef ref, const std::vector<EntryRow>& standing,
                                    const std::vector<EntryRow>& wanted) {
  const auto find = [](const std::vector<EntryRow>& rows, EntryId id) -> const EntryRow* {
    const auto found = std::lower_bound(rows.begin(), rows.end(), id,
                                        [](const EntryRow& row, EntryId other) { return row.id < other; });
    return found != rows.end() && found->id == id ? &*found : nullptr;
  };
  const auto differs = [&](const EntryRow& row, const std::vector<EntryRow>& others) {
    const EntryRow* other = find(others, row.id);
    return other == nullptr || !same_entry(*other, row);
  };
  Touched touched;
  for (const EntryRow& row : standing) {
    if (!differs(row, wanted)) continue;
    auto gone = checked(tx.delete_entry(ref, row.id));
    if (!gone) return Err{std::move(gone).error()};
    touched.out.push_back(row);
  }
  for (const EntryRow& row : wanted) {
    if (!differs(row, standing)) continue;
    auto put = checked(tx.insert_entry(ref, row));
    if (!put) return Err{std::move(put).error()};
    touched.in.push_back(row);
  }
  return touched;
}

}  // namespace

Answer restore(Call& call) {
  const auto revision = read_revision(call.body);
  if (!revision) return Err{revision.error()};
  ListRow row;
  boost::json::object difference;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto target = find_list(change.tx, call);
    if (!target) return Err{target.error()};
    const ListRow& standing = target->list;
    if (auto stale = refuse_stale(call.request, standing.changed)) return Err{std::move(*stale)};
    const auto past = list_as_of(change.tx, standing.ref, *revision, EntriesRead::kAll);
    if (!past) return Err{past.error()};
    row = standing;
    row.mode = past->row.list.mode;
    row.when_empty = past->row.list.when_empty;
    row.entry_count = past->entries.size();
    if (auto unconfirmed = refuse_unconfirmed_mode(call, standing, row.mode)) return Err{std::move(*unconfirmed)};
    if (auto opening = refuse_opening(call, standing, {row.entry_count, row.when_empty})) {
      return Err{std::move(*opening)};
    }
    const auto instance = change.tx.instance();
    if (!instance) return Err{problem_of(instance.error())};
    auto allowed = judge(*instance, row.ref.layer, past->entries);
    if (!allowed) return allowed;
    auto now = all_entries(change.tx, standing.ref);
    if (!now) return Err{std::move(now).error()};
    const PastList before{{.list = standing, .at = {}, .actor = {}, .address = {}, .action = {}}, std::move(*now)};
    difference = view_difference(before, *past);
    const auto touched = write_back(change.tx, row.ref, before.entries, past->entries);
    if (!touched) return Err{touched.error()};
    auto updated = checked(change.tx.update_list(row.ref, row.mode, row.when_empty));
    if (!updated) return updated;
    ListTexts texts = texts_for_audit({standing, touched->out}, {row, touched->in});
    texts.after.pop_back();
    texts.after += ",\"restored_revision\":" + std::to_string(revision->value) + '}';
    change.audit_text("allowlist.restore", target->subject, target->account, std::move(texts.before),
                      std::move(texts.after));
    return {};
  });
  if (!committed) return Err{committed.error()};
  boost::json::object body = view_after(row, *committed);
  body["restored_revision"] = revision->value;
  body["settings"] = std::move(difference["settings"]);
  body["counts"] = std::move(difference["counts"]);
  HttpResponse response = json_response(200, body);
  response.headers.emplace_back("ETag", etag_after(*committed, row.changed));
  return response;
}

}  // namespace keyfence::routes::allowlist
