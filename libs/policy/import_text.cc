// Labels and import lines: check_label() and split_import() of list_rules.h.
#include <algorithm>
#include <cstdint>

#include "libs/policy/list_rules.h"

namespace keyfence {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};

// The first character of a text that is not empty; nullopt if its bytes are no UTF-8.
std::optional<CodePoint> first_code_point(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return CodePoint{lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return std::nullopt;
  std::uint32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return std::nullopt;
    value = value << 6 | (next & 0x3FU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return std::nullopt;
  return CodePoint{value, bytes};
}

bool is_control(std::uint32_t value) noexcept {
  return value < 0x20 || (value >= 0x7F && value <= 0x9F);
}

bool take_prefix(std::string_view& text, std::string_view prefix) noexcept {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) noexcept {
  if (text.size() < suffix.size() || text.substr(text.size() - suffix.size()) != suffix) return false;
  text.remove_suffix(suffix.size());
  return true;
}

std::string_view trim(std::string_view text) noexcept {
  while (take_prefix(text, " ") || take_prefix(text, "\t") || take_prefix(text, kNoBreakSpace)) {
  }
  while (take_suffix(text, " ") || take_suffix(text, "\t") || take_suffix(text, kNoBreakSpace)) {
  }
  return text;
}

// A field in double quotes at the beginning of the text, taken off it; "" inside stands for one quote.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (text.empty() || text.front() != '"') return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 == text.size() || text[i + 1] != '"') {
        text.remove_prefix(i + 1);
        return out;
      }
      ++i;
    }
    out.push_back(text[i]);
  }
  return std::nullopt;  // never closed: no field, and the line is judged as it stands
}

// A label is the rest of the line, or one quoted field; the empty columns that spreadsheets append are dropped.
std::string read_label(std::string_view rest) {
  rest = trim(rest);
  while (take_suffix(rest, ",")) rest = trim(rest);
  std::string_view after = rest;
  if (auto field = take_quoted(after); field && after.empty()) return std::string(trim(*field));
  return std::string(rest);
}

// Where the entry ends: at a comma, a tab (columns pasted from a spreadsheet, unless a dash follows: a range) or a #.
std::size_t entry_end(std::string_view line) noexcept {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ',' || line[i] == '#') return i;
    if (line[i] != '\t') continue;
    const std::string_view rest = trim(line.substr(i));
    const bool in_range = (!rest.empty() && rest.front() == '-') || (i > 0 && line[i - 1] == '-');
    if (!in_range) return i;
  }
  return line.size();
}

// A quoted field followed by the end of the line, a comma or a comment; all else is judged as it stands.
bool read_quoted_entry(std::string_view line, ImportLine& out) {
  std::string_view rest = line;
  const auto field = take_quoted(rest);
  rest = trim(rest);
  if (!field || (!rest.empty() && rest.front() != ',' && rest.front() != '#')) return false;
  out.entry = trim(*field);
  if (take_prefix(rest, ",")) out.label = read_label(rest);
  return true;
}

void read_plain_entry(std::string_view line, ImportLine& out) {
  const std::size_t end = entry_end(line);
  out.entry = trim(line.substr(0, end));
  std::string_view rest = trim(line.substr(end));
  if (!rest.empty() && rest.front() == '#') return;
  (void)take_prefix(rest, ",");
  out.label = read_label(rest);
}

std::optional<ImportLine> read_line(std::string_view line, std::size_t number) {
  line = trim(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  ImportLine out{number, {}, {}};
  if (!read_quoted_entry(line, out)) read_plain_entry(line, out);
  if (out.entry.empty() && out.label.empty()) return std::nullopt;  // a row of empty columns
  return out;
}

}  // namespace

std::optional<EntryRuleCode> check_label(std::string_view label) noexcept {
  std::size_t characters = 0;
  for (std::string_view rest = label; !rest.empty(); ++characters) {
    const auto next = first_code_point(rest);
    if (!next || is_control(next->value)) return EntryRuleCode::kLabelNotText;
    rest.remove_prefix(next->bytes);
  }
  if (characters > kLabelCharactersMax) return EntryRuleCode::kLabelTooLong;
  return std::nullopt;
}

std::vector<ImportLine> split_import(std::string_view text) {
  (void)take_prefix(text, kByteOrderMark);
  std::vector<ImportLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    if (auto line = read_line(text.substr(0, end), number)) lines.push_back(*std::move(line));
    text.remove_prefix(end);
    if (!take_prefix(text, "\r\n") && !text.empty()) text.remove_prefix(1);
  }
  return lines;
}

}  // namespace keyfence
