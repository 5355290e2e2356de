#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <map>
#include <optional>
#include <utility>

#include "libs/admin/entry_import.h"
#include "libs/admin/idempotency/creation.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {
namespace {

Problem refused(const EntryImport& import) {
  Problem problem{.status = 422,
                  .code = "import_refused",
                  .detail = std::to_string(import.count(EntryImport::Outcome::kError)) +
                            " lines are wrong: nothing was imported. See lines."};
  std::string lines;
  import.append_lines(lines, EntryImport::Lines::kFailed);
  problem.lines = boost::json::parse(lines).as_array();
  return problem;
}

constexpr std::size_t kLinesKept = 1'000;  // of an answer that is given again; of longer imports the counts

HttpResponse report(const Call& call, const EntryImport& import, Revision revision,
                    EntryImport::Lines lines = EntryImport::Lines::kAll) {
  const bool dry_run = query_flag(call, "dry_run");
  const std::size_t failed = import.count(EntryImport::Outcome::kError);
  boost::json::object counts{{"dry_run", dry_run},
                             {"stored", !dry_run && failed == 0},
                             {"added", import.count(EntryImport::Outcome::kAdded)},
                             {"skipped", import.count(EntryImport::Outcome::kSkipped)},
                             {"failed", failed},
                             {"revision", revision.value}};
  if (import.items().size() > kImportLinesAdvised) {
    counts["notice"] = "More than " + std::to_string(kImportLinesAdvised) + " lines are hard to look through.";
  }
  HttpResponse response = json_response(200, counts);
  response.body.back() = ',';  // instead of the brace that closes it
  import.append_lines(response.body.append("\"lines\":"), lines);
  response.body += '}';
  return response;
}

// The standing entries that the lines are compared with: all of them, or, where a few lines meet a long list, those
// round each line.
Result<std::vector<CandidateEntry>, Problem> compared_entries(StoreReader& store, const ListRow& list,
                                                              const EntryImport& import) {
  constexpr std::size_t kReadForOneLookUp = 100;  // looking up what lies round a range costs as much as reading so many
  if (list.entry_count <= import.items().size() * kReadForOneLookUp) return standing_entries(store, list);
  std::map<EntryId, IpRange> round;
  for (const EntryImport::Item& item : import.items()) {
    if (!item.input) continue;
    const auto rows = store.related_entries(list.ref, item.input->parsed.range);
    if (!rows) return Err{problem_of(rows.error())};
    for (const EntryRow& row : *rows) round.emplace(row.id, row.range);
  }
  std::vector<CandidateEntry> standing;
  standing.reserve(round.size());
  for (const auto& [id, range] : round) standing.push_back({id, range});
  return standing;
}

// The list, and the revision of the settings, that the lines were judged by.
struct Judged {
  ListTarget target;
  Revision settings;
};

// Judges the lines against the list as it stands, for the transaction and the dry run alike.
Result<Judged, Problem> judge(StoreReader& store, const Call& call, EntryImport& import) {
  auto target = find_list(store, call);
  if (!target) return Err{std::move(target).error()};
  if (auto stale = refuse_stale(call.request, target->list.changed)) return Err{std::move(*stale)};
  const auto instance = store.instance();
  if (!instance) return Err{problem_of(instance.error())};
  const auto standing = compared_entries(store, target->list, import);
  if (!standing) return Err{standing.error()};
  import.judge(*instance, target->list, *standing);
  for (EntryImport::Item& item : import.items()) {
    if (item.outcome != EntryImport::Outcome::kAdded) continue;
    if (auto warning = proxy_warning(call, 0, item.input->parsed.range)) item.warnings.push_back(std::move(*warning));
  }
  return Judged{std::move(*target), instance->changed};
}

// Before the writer is waited for, where one snapshot can be read. nullopt: to be done by the writer, and so is telling
// what stands in the way.
std::optional<Judged> judge_early(const Call& call, EntryImport& import) {
  const auto hold = call.services.store.hold_reads();
  if (!hold) return std::nullopt;
  auto judged = judge(call.services.store, call, import);
  if (!judged) return std::nullopt;
  return std::move(*judged);
}

Result<bool, Problem> still_stands(StoreReader& store, const Call& call, const Judged& judged) {
  const auto target = find_list(store, call);
  if (!target) return Err{target.error()};
  const auto instance = store.instance();
  if (!instance) return Err{problem_of(instance.error())};
  return target->list.changed == judged.target.list.changed && instance->changed == judged.settings;
}

Answer dry_run(const Call& call, EntryImport import) {
  const auto judged = judge(call.services.store, call, import);
  if (!judged) return Err{judged.error()};
  const Revision standing = judged->target.list.changed;
  HttpResponse response = report(call, import, standing);
  response.headers.emplace_back("ETag", etag(standing));
  return response;
}

}  // namespace

Answer import(Call& call) {
  const auto on_duplicate =
      call.query.find("on_duplicate") == "skip" ? EntryImport::OnDuplicate::kSkip : EntryImport::OnDuplicate::kFail;
  auto read = call.body_is_text ? EntryImport::from_text(call.request.body, on_duplicate)
                                : EntryImport::from_json(call.body, on_duplicate);
  if (!read) return Err{std::move(read).error()};
  if (query_flag(call, "dry_run")) return dry_run(call, std::move(*read));

  EntryImport import = std::move(*read);
  std::optional<Judged> judged = judge_early(call, import);
  Revision before;
  const auto work = [&](ChangeContext& change) -> Result<void, Problem> {
    if (judged) {
      const auto stands = still_stands(change.tx, call, *judged);
      if (!stands) return Err{stands.error()};
      if (!*stands) judged.reset();
    }
    if (!judged) {
      auto again = judge(change.tx, call, import);
      if (!again) return Err{std::move(again).error()};
      judged = std::move(*again);
    }
    const ListTarget* const target = &judged->target;
    before = target->list.changed;
    if (import.count(EntryImport::Outcome::kError) > 0) return Err{refused(import)};
    boost::json::array texts;
    for (EntryImport::Item& item : import.items()) {
      if (item.outcome != EntryImport::Outcome::kAdded) continue;
      const EntryRow row = new_entry_row(*item.input, call);
      item.id = row.id;
      auto inserted = checked(change.tx.insert_entry(target->list.ref, row));
      if (!inserted) return inserted;
      if (texts.size() < kAuditedEntriesMax) texts.emplace_back(item.input->parsed.canonical);
    }
    if (texts.empty()) return {};
    boost::json::object after{{"added", import.count(EntryImport::Outcome::kAdded)}, {"entries", std::move(texts)}};
    change.audit("allowlist.import", target->subject, target->account, nullptr, after);
    return {};
  };
  const auto answer_with = [&](EntryImport::Lines lines) {
    return [&call, &import, &before, lines](const Committed& committed) {
      HttpResponse response = report(call, import, revision_after(committed, before), lines);
      response.headers.emplace_back("ETag", etag_after(committed, before));
      return response;
    };
  };
  const bool long_one = import.items().size() > kLinesKept;
  return run_creation(call, work, answer_with(EntryImport::Lines::kAll),
                      answer_with(long_one ? EntryImport::Lines::kFailed : EntryImport::Lines::kAll));
}

}  // namespace keyfence::routes::allowlist
