#pragma once

// nginx's headers, in the order that they need. Included by the files of this folder and by nothing else.
extern "C" {
#include <ngx_config.h>
// After ngx_config.h, which it needs.
#include <ngx_core.h>
// After ngx_core.h, which it needs.
#include <ngx_http.h>
}

#include <cstddef>
#include <string_view>

namespace keyfence::nginx {

[[nodiscard]] inline std::string_view view(const ngx_str_t& text) noexcept {
  return {reinterpret_cast<const char*>(text.data), text.len};
}

// nginx's strings are not const, though what reads them does not write.
[[nodiscard]] inline ngx_str_t borrowed(std::string_view text) noexcept {
  return {text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

}  // namespace keyfence::nginx
