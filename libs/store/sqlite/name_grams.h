#pragma once

#include <string>
#include <string_view>

#include "libs/policy/ids.h"

// How keys are found by a part of their name: an index of every one, two and three characters that follow each other.
//
// Shape    Words of hexadecimal digits with spaces between them, for a full-text index without positions: of each gram
// its
//          bytes, ASCII letters as small ones; and one word for the key's account. A text of up to three characters is
//          one word; a longer one has to be looked for among the names that have all of its grams.
// Cost     As many words as three times the characters of the name.
namespace keyfence::sqlite {

// The words that a key is found by.
[[nodiscard]] std::string grams_of(AccountId account, std::string_view name);

// The full-text query for names that may contain this text, which is not empty.
[[nodiscard]] std::string query_for(std::string_view text);
[[nodiscard]] std::string query_for(AccountId account, std::string_view text);

}  // namespace keyfence::sqlite
