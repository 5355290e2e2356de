#pragma once

#include <string_view>

#include "gateways/nginx/nginx_api.h"

namespace keyfence::nginx {

// Calls visit(const ngx_table_elt_t&) for every line of a header list, in the order in which they came.
template <class Visit>
void for_each_header(const ngx_list_t& list, Visit visit) {
  for (const ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
    const auto* const lines = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) visit(lines[i]);
  }
}

[[nodiscard]] inline bool is_header(const ngx_table_elt_t& line, std::string_view lower_name) noexcept {
  return std::string_view(reinterpret_cast<const char*>(line.lowcase_key), line.key.len) == lower_name;
}

enum class Removal { kDone, kOutOfMemory };

using HeaderPredicate = bool (*)(const ngx_table_elt_t& line, const void* context) noexcept;

// Takes the lines that match out of the list. Lines are never moved, for nginx keeps pointers to some; no part but the
// first is left empty, for nginx's loops read the first line of a part before they count; and the room of a removed
// line is not used again.
[[nodiscard]] Removal remove_headers(ngx_list_t& list, HeaderPredicate matches, const void* context) noexcept;

[[nodiscard]] Removal remove_header(ngx_list_t& list, std::string_view lower_name) noexcept;

// A header's name as nginx keeps it; of static storage.
struct HeaderName {
  std::string_view typed;
  std::string_view lower;
  ngx_uint_t hash;

  constexpr HeaderName(std::string_view typed_name, std::string_view lower_name) noexcept
      : typed(typed_name), lower(lower_name), hash(0) {
    for (const char c : lower) hash = hash * 31 + static_cast<unsigned char>(c);  // as ngx_hash_key()
  }
};

// Appends a line to the headers of a request; the value is copied to its pool.
[[nodiscard]] bool add_request_header(ngx_http_request_t* r, const HeaderName& name, std::string_view value) noexcept;

}  // namespace keyfence::nginx
