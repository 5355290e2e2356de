#include "tests/decisions/table_text.h"

#include <algorithm>
#include <charconv>

namespace keyfence::decisions {
namespace {

constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

std::optional<std::int64_t> seconds_in(char unit) noexcept {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86'400;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  if (text == "-") return found;
  for (const std::string_view word : split(text, ' ')) {
    if (!word.empty()) found.emplace_back(word);
  }
  return found;
}

std::optional<Offset> parse_offset(std::string_view text) noexcept {
  if (text == "now") return Offset{0};
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-') || !is_digit(text[1])) return std::nullopt;
  const auto unit = seconds_in(text.back());
  if (!unit) return std::nullopt;
  const std::string_view digits = text.substr(1, text.size() - 2);
  std::int32_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Offset{(text[0] == '-' ? -1 : 1) * *unit * count};
}

bool is_table_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 32 && is_lower(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

std::optional<Layer> parse_layer(std::string_view text) noexcept {
  for (const Layer layer : kListLayers) {
    if (name(layer) == text) return layer;
  }
  return std::nullopt;
}

}  // namespace keyfence::decisions
