#pragma once

#include <string_view>

namespace keyfence {

// openapi.yaml as JSON, put into the program when it is built (embed_openapi.py).
[[nodiscard]] std::string_view openapi_document() noexcept;

}  // namespace keyfence
