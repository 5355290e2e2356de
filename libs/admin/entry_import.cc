#include "libs/admin/entry_import.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "libs/admin/json/json_text.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/views.h"

namespace keyfence {
namespace {

namespace json = boost::json;

Problem whole(std::string code, std::string message) {
  return invalid_input({{.pointer = "", .code = std::move(code), .message = std::move(message)}});
}

EntryImport::Item read_line(const ImportLine& line) {
  EntryImport::Item item{.line = line.number, .text = line.entry, .label = line.label, .input = {}, .id = {}};
  if (const auto code = check_label(line.label)) {
    item.error = label_error("", *code);
    return item;
  }
  auto parsed = parse_entry(line.entry);
  if (!parsed) {
    item.error = field_error("", std::move(parsed).error());
    return item;
  }
  item.input = EntryInput{
      .pointer = "", .text = line.entry, .parsed = std::move(*parsed), .label = line.label, .expires_at = {}};
  return item;
}

EntryImport::Item read_value(const json::value& value, std::size_t index) {
  std::vector<FieldError> errors;
  EntryImport::Item item{.line = index + 1, .text = {}, .label = {}, .input = {}, .id = {}};
  item.input = read_entry(value, "/entries/" + std::to_string(index), errors);
  const auto text_of = [&value](std::string_view member) -> std::string {
    const json::object* object = value.if_object();
    const json::value* found = object != nullptr ? object->if_contains(member) : nullptr;
    const json::string* text = found != nullptr ? found->if_string() : nullptr;
    return text != nullptr ? std::string(text->data(), text->size()) : std::string();
  };
  item.text = text_of("text");
  item.label = text_of("label");
  if (!errors.empty()) {
    item.error = std::move(errors.front());
    item.input.reset();
  }
  return item;
}

std::string_view name(EntryImport::Outcome outcome) noexcept {
  switch (outcome) {
    case EntryImport::Outcome::kAdded:
      return "added";
    case EntryImport::Outcome::kSkipped:
      return "skipped";
    case EntryImport::Outcome::kError:
      return "error";
  }
  return "";
}

void append_error(std::string& out, const FieldError& error) {
  append_plain_json(out.append(",\"code\":"), error.code);
  append_json_text(out.append(",\"message\":"), error.message);
  if (!error.suggestions.empty()) {
    const json::array suggestions(error.suggestions.begin(), error.suggestions.end());
    out.append(",\"suggestions\":").append(json::serialize(suggestions));
  }
  if (!error.standing_id.empty()) append_plain_json(out.append(",\"standing_id\":"), error.standing_id);
}

void append_item(std::string& out, const EntryImport::Item& item) {
  append_json_number(out.append("{\"line\":"), item.line);
  append_json_text(out.append(",\"text\":"), item.text);
  if (!item.label.empty()) append_json_text(out.append(",\"label\":"), item.label);
  if (item.input) {
    append_plain_json(out.append(",\"canonical\":"), item.input->parsed.canonical);
    append_plain_json(out.append(",\"kind\":"), name(item.input->parsed.kind));
  }
  if (item.id.value() != 0) append_plain_json(out.append(",\"entry_id\":"), item.id.text());
  append_plain_json(out.append(",\"result\":"), name(item.outcome));
  if (!item.error.code.empty()) append_error(out, item.error);
  if (!item.warnings.empty()) {
    json::array warnings;
    for (const EntryWarning& warning : item.warnings) warnings.emplace_back(view(warning));
    out.append(",\"warnings\":").append(json::serialize(warnings));
  }
  out += '}';
}

Result<std::size_t, Problem> checked_size(std::size_t lines) {
  if (lines == 0) return Err{whole("empty", "holds no entries")};
  if (lines > kImportLinesMax) {
    return Err{whole("too_many_lines", "holds more than " + std::to_string(kImportLinesMax) + " entries")};
  }
  return lines;
}

}  // namespace

Result<EntryImport, Problem> EntryImport::from_text(std::string_view text, OnDuplicate on_duplicate) {
  const std::vector<ImportLine> lines = split_import(text);
  const auto size = checked_size(lines.size());
  if (!size) return Err{size.error()};
  EntryImport import(on_duplicate);
  import.items_.reserve(*size);
  for (const ImportLine& line : lines) import.items_.push_back(read_line(line));
  return import;
}

Result<EntryImport, Problem> EntryImport::from_json(const json::value& body, OnDuplicate on_duplicate) {
  std::vector<FieldError> errors;
  ObjectReader reader(body, "", errors);
  const json::array* array = reader.array("entries", Presence::kRequired);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  const auto size = checked_size(array->size());
  if (!size) return Err{size.error()};
  EntryImport import(on_duplicate);
  import.items_.reserve(*size);
  for (std::size_t i = 0; i < array->size(); ++i) import.items_.push_back(read_value((*array)[i], i));
  return import;
}

void EntryImport::judge(const InstanceRow& instance, const ListRow& list, const std::vector<CandidateEntry>& standing) {
  std::vector<Item*> candidates;
  for (Item& item : items_) {
    if (!item.input) continue;
    item.outcome = Outcome::kAdded;
    item.id = EntryId();
    item.error = {};
    item.warnings.clear();
    candidates.push_back(&item);
  }
  // Skipped lines must not count towards the limit of the list: judge the rest again without them.
  while (judge_once(instance, list, standing, candidates)) {
    std::erase_if(candidates, [](const Item* item) { return item->outcome == Outcome::kSkipped; });
    for (Item* item : candidates) {
      item->outcome = Outcome::kAdded;
      item->error = {};
    }
  }
}

bool EntryImport::judge_once(const InstanceRow& instance, const ListRow& list,
                             const std::vector<CandidateEntry>& standing, const std::vector<Item*>& candidates) {
  std::vector<CandidateEntry> added;
  added.reserve(candidates.size());
  for (const Item* item : candidates) added.push_back({EntryId(), item->input->parsed.range});
  RuleReport report = check_list_additions(instance, list.ref.layer, standing, list.entry_count, added);
  bool skipped_some = false;
  for (EntryRuleError& error : report.errors) {
    Item& item = *candidates[error.index];
    const bool skip = error.code == EntryRuleCode::kDuplicate && on_duplicate_ == OnDuplicate::kSkip;
    item.outcome = skip ? Outcome::kSkipped : Outcome::kError;
    skipped_some |= skip;
    item.error = {.pointer = "",
                  .code = std::string(name(error.code)),
                  .message = std::move(error.message),
                  .standing_id = error.standing ? error.standing->text() : ""};
  }
  if (!skipped_some) {
    for (EntryWarning& warning : report.warnings) candidates[warning.index]->warnings.push_back(std::move(warning));
  }
  return skipped_some;
}

std::size_t EntryImport::count(Outcome outcome) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [outcome](const Item& item) { return item.outcome == outcome; }));
}

void EntryImport::append_lines(std::string& out, Lines which) const {
  constexpr std::size_t kBytesOfMostLines = 160;
  out.reserve(out.size() + kBytesOfMostLines * (which == Lines::kAll ? items_.size() : count(Outcome::kError)));
  out += '[';
  bool first = true;
  for (const Item& item : items_) {
    if (which == Lines::kFailed && item.outcome != Outcome::kError) continue;
    if (!first) out += ',';
    first = false;
    append_item(out, item);
  }
  out += ']';
}

}  // namespace keyfence
