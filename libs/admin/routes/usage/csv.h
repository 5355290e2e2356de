#pragma once

#include <string>
#include <string_view>

#include "libs/usage/usage_store.h"

namespace keyfence::routes::usage {

// The usage log as CSV: RFC 4180, UTF-8, lines that end in CR LF, a header row.
//
// Shape    Texts that a spreadsheet would take for a formula (they begin with = + - @, a tab or a line break) are
//          preceded by an apostrophe. Bytes that are no UTF-8, and control characters but tab, CR and LF, as \xHH.
[[nodiscard]] std::string_view csv_heading() noexcept;
void append_csv(const StoredRecord& record, std::string& out);
// One text as a field.
void append_csv_field(std::string_view text, std::string& out);

}  // namespace keyfence::routes::usage
