#pragma once

#include <string>
#include <string_view>

namespace keyfence {

// Appends a text, which is valid UTF-8, as a JSON string with its quotes.
void append_json_text(std::string& out, std::string_view text);

}  // namespace keyfence
