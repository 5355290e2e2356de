#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tests/decisions/decision_table.h"

// The small pieces of text that a table's lines are made of.
namespace keyfence::decisions {

[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;  // without spaces at both ends
// The parts between separators, trimmed; one part if there is no separator.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// The words between spaces; empty for "-".
[[nodiscard]] std::vector<std::string> words(std::string_view text);
// "now", "+30s", "-5m", "+1h", "-2d".
[[nodiscard]] std::optional<Offset> parse_offset(std::string_view text) noexcept;
// 1 to 32 of a-z, 0-9 and "-", beginning with a letter.
[[nodiscard]] bool is_table_name(std::string_view text) noexcept;
[[nodiscard]] std::optional<Layer> parse_layer(std::string_view text) noexcept;

}  // namespace keyfence::decisions
