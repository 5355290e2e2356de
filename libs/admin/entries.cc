#include "libs/admin/entries.h"

#include <algorithm>
#include <utility>

#include "libs/admin/json/object_reader.h"

namespace keyfence {
namespace {

namespace json = boost::json;

constexpr std::size_t kRowsPerRead = 10'000;

template <class Use>
Result<void, Problem> for_each_entry(StoreReader& store, ListRef ref, Use use) {
  PageRequest page{.after = 0, .limit = kRowsPerRead};
  for (;;) {
    auto rows = store.entries(ref, page);
    if (!rows) return Err{problem_of(rows.error())};
    const std::size_t count = rows->size();
    if (count > 0) page.after = rows->back().id.value();
    for (EntryRow& row : *rows) use(std::move(row));
    if (count < page.limit) return {};
  }
}

std::string too_many(std::size_t entries_max, std::size_t standing, std::size_t added) {
  return "This list holds at most " + std::to_string(entries_max) + " entries; it has " + std::to_string(standing) +
         " and " + std::to_string(added) + " would be added.";
}

}  // namespace

std::string trim_entry_text(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
  text.remove_prefix(begin);
  return std::string(text.substr(0, text.find_last_not_of(kBlank) + 1));
}

FieldError field_error(std::string pointer, EntryError error) {
  return {.pointer = std::move(pointer),
          .code = std::string(name(error.code)),
          .message = std::move(error.message),
          .suggestions = std::move(error.suggestions)};
}

FieldError label_error(std::string pointer, EntryRuleCode code) {
  return {.pointer = std::move(pointer),
          .code = std::string(name(code)),
          .message = code == EntryRuleCode::kLabelTooLong
                         ? "A label has at most " + std::to_string(kLabelCharactersMax) + " characters."
                         : "A label holds no control characters."};
}

std::optional<EntryInput> read_entry(const json::value& value, std::string pointer, std::vector<FieldError>& errors) {
  const std::size_t errors_before = errors.size();
  ObjectReader reader(value, pointer, errors);
  auto text = reader.text("text", Presence::kRequired);
  auto label = reader.text("label");
  const auto enabled = reader.boolean("enabled");
  const auto expires_at = reader.expiry("expires_at");
  reader.finish();
  if (label) {
    if (const auto code = check_label(*label)) errors.push_back(label_error(pointer + "/label", *code));
  }
  if (!text) return std::nullopt;
  auto parsed = parse_entry(*text);
  if (!parsed) {
    errors.push_back(field_error(pointer + "/text", std::move(parsed).error()));
    return std::nullopt;
  }
  if (errors.size() != errors_before) return std::nullopt;
  return EntryInput{.pointer = std::move(pointer),
                    .text = trim_entry_text(*text),
                    .parsed = std::move(*parsed),
                    .label = std::move(label).value_or(""),
                    .state = enabled.value_or(true) ? EntryState::kEnabled : EntryState::kDisabled,
                    .expires_at = expires_at.value_or(std::nullopt)};
}

std::vector<EntryInput> read_entries(const json::array& array, const std::string& pointer, std::size_t entries_max,
                                     std::vector<FieldError>& errors) {
  std::vector<EntryInput> entries;
  if (array.size() > entries_max) {
    errors.push_back({.pointer = pointer + "/" + std::to_string(entries_max) + "/text",
                      .code = std::string(name(EntryRuleCode::kTooMany)),
                      .message = too_many(entries_max, 0, array.size())});
    return entries;
  }
  entries.reserve(array.size());
  for (std::size_t i = 0; i < array.size() && errors.size() <= kFieldErrorsTold; ++i) {
    auto entry = read_entry(array[i], pointer + "/" + std::to_string(i), errors);
    if (entry) entries.push_back(std::move(*entry));
  }
  return entries;
}

EntryRow new_entry_row(const EntryInput& input, const Call& call) {
  return {.id = EntryId(call.services.ids.next()),
          .range = input.parsed.range,
          .kind = input.parsed.kind,
          .text = input.text,
          .label = input.label,
          .state = input.state,
          .expires_at = input.expires_at,
          .added_by = call.caller.actor(),
          .added_at = call.now};
}

const ListLimits& limits_of(const InstanceRow& instance, Layer layer) noexcept {
  switch (layer) {
    case Layer::kKey:
      return instance.key_limits;
    case Layer::kAccount:
      return instance.account_limits;
    case Layer::kGlobal:
    case Layer::kNone:
      break;
  }
  return instance.global_limits;
}

Result<std::vector<CandidateEntry>, Problem> standing_entries(StoreReader& store, const ListRow& list) {
  std::vector<CandidateEntry> standing;
  if (list.entry_count == 0) return standing;
  standing.reserve(list.entry_count);
  auto read = for_each_entry(store, list.ref, [&](const EntryRow& row) { standing.push_back({row.id, row.range}); });
  if (!read) return Err{std::move(read).error()};
  return standing;
}

Result<std::vector<CandidateEntry>, Problem> entries_round(StoreReader& store, const ListRow& list,
                                                           const IpRange& range) {
  if (list.entry_count <= kComparedEntriesMax) return standing_entries(store, list);
  const auto rows = store.related_entries(list.ref, range);
  if (!rows) return Err{problem_of(rows.error())};
  std::vector<CandidateEntry> standing;
  for (const EntryRow& row : *rows) standing.push_back({row.id, row.range});
  return standing;
}

std::optional<EntryWarning> proxy_warning(const Call& call, std::size_t index, const IpRange& range) {
  if (!call.services.proxy_trust.proxies.overlaps(range)) return std::nullopt;
  return EntryWarning{.index = index,
                      .code = EntryWarningCode::kTrustedProxy,
                      .message =
                          "It holds a trusted proxy of this instance: a proxy passes on requests of others, and "
                          "is rarely a client itself.",
                      .other = std::nullopt};
}

void warn_of_proxies(const Call& call, const std::vector<EntryInput>& added, Judgement& judgement) {
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (auto warning = proxy_warning(call, i, added[i].parsed.range)) {
      judgement.warnings.push_back(std::move(*warning));
    }
  }
}

Result<std::vector<EntryRow>, Problem> all_entries(StoreReader& store, ListRef ref) {
  std::vector<EntryRow> rows;
  auto read = for_each_entry(store, ref, [&](EntryRow row) { rows.push_back(std::move(row)); });
  if (!read) return Err{std::move(read).error()};
  return rows;
}

RuleReport check_list_additions(const InstanceRow& instance, Layer layer, const std::vector<CandidateEntry>& standing,
                                std::size_t standing_count, const std::vector<CandidateEntry>& added) {
  ListLimits limits = limits_of(instance, layer);
  const std::size_t uncompared = standing_count - std::min(standing.size(), standing_count);
  limits.entries_max -= std::min(uncompared, limits.entries_max);
  RuleReport report = check_additions(limits, standing, added, instance.non_public_warnings);
  if (uncompared == 0) return report;
  for (EntryRuleError& error : report.errors) {
    if (error.code != EntryRuleCode::kTooMany) continue;
    error.message = too_many(limits_of(instance, layer).entries_max, standing_count, added.size());
  }
  return report;
}

Judgement judge_additions(const InstanceRow& instance, Layer layer, const std::vector<CandidateEntry>& standing,
                          std::size_t standing_count, const std::vector<EntryInput>& added) {
  std::vector<CandidateEntry> candidates;
  candidates.reserve(added.size());
  for (const EntryInput& input : added) candidates.push_back({EntryId(), input.parsed.range});
  RuleReport report = check_list_additions(instance, layer, standing, standing_count, candidates);
  Judgement judgement{.errors = {}, .warnings = std::move(report.warnings)};
  for (EntryRuleError& error : report.errors) {
    if (judgement.errors.size() > kFieldErrorsTold) break;
    judgement.errors.push_back({.pointer = added[error.index].pointer + "/text",
                                .code = std::string(name(error.code)),
                                .message = std::move(error.message),
                                .standing_id = error.standing ? error.standing->text() : ""});
  }
  return judgement;
}

Result<JudgedList, Problem> judge_list(const InstanceRow& instance, Layer layer,
                                       const std::vector<EntryInput>& entries) {
  JudgedList judged{instance.changed, judge_additions(instance, layer, {}, 0, entries)};
  if (!judged.judgement.errors.empty()) return Err{invalid_input(std::move(judged.judgement.errors))};
  return judged;
}

Result<void, Problem> judge_again(Transaction& tx, Layer layer, const std::vector<EntryInput>& entries,
                                  JudgedList& judged) {
  const auto instance = tx.instance();
  if (!instance) return Err{problem_of(instance.error())};
  if (instance->changed == judged.settings) return {};
  auto again = judge_list(*instance, layer, entries);
  if (!again) return Err{std::move(again).error()};
  judged = std::move(*again);
  return {};
}

json::object view(const EntryWarning& warning) {
  json::object out{{"code", name(warning.code)}, {"message", warning.message}};
  if (warning.other && warning.other->value() != 0) out["entry_id"] = warning.other->text();
  return out;
}

json::array view(const std::vector<EntryWarning>& warnings, const std::vector<EntryInput>& added) {
  json::array out;
  for (const EntryWarning& warning : warnings) {
    json::object item = view(warning);
    item["pointer"] = added[warning.index].pointer;
    out.emplace_back(std::move(item));
  }
  return out;
}

}  // namespace keyfence
