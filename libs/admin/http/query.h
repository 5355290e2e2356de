#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/result.h"

namespace keyfence {

// The parameters of a query string, decoded, in order.
//
// Errors   parse() refuses broken percent escapes, text that is not UTF-8, NUL, and a name that comes twice; the error
//          is a sentence without the value.
class QueryParameters {
 public:
  QueryParameters() = default;
  [[nodiscard]] static Result<QueryParameters, std::string> parse(std::string_view query);

  [[nodiscard]] std::optional<std::string_view> find(std::string_view parameter) const noexcept;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, at most U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
// How many characters a valid UTF-8 text has.
[[nodiscard]] std::size_t count_characters(std::string_view utf8) noexcept;

}  // namespace keyfence
