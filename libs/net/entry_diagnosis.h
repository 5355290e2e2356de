#pragma once

#include <string_view>

#include "libs/net/entry_syntax.h"

namespace keyfence {

// Why read_entry() refuses a text that is ASCII, trimmed, not empty and not too long, and what may have been meant.
// Every suggestion parses.
[[nodiscard]] EntryError diagnose_entry(std::string_view trimmed);

// As above for bytes that are no ASCII: dashes, blanks and digits that word processors put in are suggested in ASCII.
[[nodiscard]] EntryError diagnose_not_ascii(std::string_view trimmed);

}  // namespace keyfence
