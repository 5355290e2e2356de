#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keyfence {

// Appends a text, which is valid UTF-8, as a JSON string with its quotes.
void append_json_text(std::string& out, std::string_view text);
// The same of one that needs no escapes: ids, names of enumerators, addresses, times.
void append_plain_json(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::uint64_t number);

}  // namespace keyfence
