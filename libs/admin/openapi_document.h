#pragma once

#include <string_view>

namespace keyfence {

// openapi.yaml as JSON, put into the program when it is built (embed_openapi.py).
[[nodiscard]] std::string_view openapi_document() noexcept;
// The same for people: a page of HTML without a script, and its style (reference_page.py).
[[nodiscard]] std::string_view reference_page() noexcept;
[[nodiscard]] std::string_view reference_style() noexcept;

}  // namespace keyfence
