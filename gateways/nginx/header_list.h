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

// Where a walk over a list that is changed on the way stands.
struct HeaderCursor {
  ngx_list_part_t* previous;  // nullptr before the first part
  ngx_list_part_t* part;      // nullptr behind the last one
};

// Takes line i of the cursor's part out and moves the cursor to what is behind it. Lines are never moved, for nginx
// keeps pointers to some; no part but the first is left empty, for nginx's loops read the first line of a part before
// they count; and the room of a removed line is not used again.
[[nodiscard]] Removal take_out(ngx_list_t& list, HeaderCursor& at, ngx_uint_t i) noexcept;

// Takes the lines out of the list for which matches(const ngx_table_elt_t&) holds.
template <class Matches>
[[nodiscard]] Removal remove_headers(ngx_list_t& list, Matches matches) noexcept {
  HeaderCursor at{nullptr, &list.part};
  while (at.part != nullptr) {
    const auto* const lines = static_cast<const ngx_table_elt_t*>(at.part->elts);
    ngx_uint_t i = 0;
    while (i < at.part->nelts && !matches(lines[i])) ++i;
    if (i == at.part->nelts) {
      at = {at.part, at.part->next};
    } else if (take_out(list, at, i) != Removal::kDone) {
      return Removal::kOutOfMemory;
    }
  }
  return Removal::kDone;
}

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

// Appends a line to the headers of a request. The value is not copied, and has to live as long as the request.
[[nodiscard]] bool add_request_header(ngx_http_request_t* r, const HeaderName& name, std::string_view value) noexcept;

}  // namespace keyfence::nginx
