#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "libs/base/result.h"

namespace keyfence {

inline constexpr std::size_t kJsonDepthMax = 32;

struct JsonError {
  std::string code;     // "malformed", "not_utf8", "too_deep", "duplicate_member"
  std::string message;  // says where: the byte for what is malformed, the pointer for a duplicate
  std::string pointer;  // of the member that comes twice; else empty
};

// Reads one JSON text (RFC 8259): the whole of it, valid UTF-8, no comments, no trailing commas, no NaN, no number
// beyond the doubles, nothing nested deeper than kJsonDepthMax, and no object with a repeated member, which parsers
// otherwise read in different ways.
//
// memory   where the value is made; it outlives the value. The heap if not named.
// Errors   The first one met.
// Cost     Linear; the number of members of the objects being read times their length in memory.
[[nodiscard]] Result<boost::json::value, JsonError> parse_strict_json(std::string_view text,
                                                                      boost::json::storage_ptr memory = {});

// A member's name as a step of a JSON pointer (RFC 6901).
[[nodiscard]] std::string pointer_step(std::string_view member);

}  // namespace keyfence
