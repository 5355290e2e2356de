#include "gateways/nginx/header_list.h"

namespace keyfence::nginx {
namespace {

constexpr ngx_uint_t kFreshLines = 4;

// Makes part the one that new lines go to, with no room but what was never used.
bool make_last(ngx_list_t& list, ngx_list_part_t* part) noexcept {
  list.last = part;
  list.nalloc = part->nelts;
  if (part->nelts > 0) return true;
  part->elts = ngx_palloc(list.pool, kFreshLines * list.size);
  list.nalloc = kFreshLines;
  return part->elts != nullptr;
}

// Parts a part in two round line i, which belongs to neither afterwards.
ngx_list_part_t* split(ngx_list_t& list, ngx_list_part_t* part, ngx_uint_t i) noexcept {
  auto* const tail = static_cast<ngx_list_part_t*>(ngx_palloc(list.pool, sizeof(ngx_list_part_t)));
  if (tail == nullptr) return nullptr;
  tail->elts = static_cast<ngx_table_elt_t*>(part->elts) + i + 1;
  tail->nelts = part->nelts - i - 1;
  tail->next = part->next;
  part->nelts = i;
  part->next = tail;
  if (list.last == part) {
    list.last = tail;
    list.nalloc -= i + 1;
  }
  return tail;
}

// Drops the last line of a part, and the part itself if that was its only one.
bool drop_end(ngx_list_t& list, ngx_list_part_t* previous, ngx_list_part_t* part) noexcept {
  --part->nelts;
  const bool unlink = part->nelts == 0 && previous != nullptr;
  if (unlink) previous->next = part->next;
  if (list.last != part) return true;
  return make_last(list, unlink ? previous : part);
}

}  // namespace

Removal remove_headers(ngx_list_t& list, HeaderPredicate matches, const void* context) noexcept {
  ngx_list_part_t* previous = nullptr;
  for (ngx_list_part_t* part = &list.part; part != nullptr;) {
    const auto* const lines = static_cast<const ngx_table_elt_t*>(part->elts);
    ngx_uint_t i = 0;
    while (i < part->nelts && !matches(lines[i], context)) ++i;
    if (i == part->nelts) {
      previous = part;
      part = part->next;
    } else if (i + 1 == part->nelts) {
      ngx_list_part_t* const next = part->next;
      const bool stays = part->nelts > 1 || previous == nullptr;
      if (!drop_end(list, previous, part)) return Removal::kOutOfMemory;
      if (stays) previous = part;
      part = next;
    } else if (i == 0) {
      part->elts = static_cast<ngx_table_elt_t*>(part->elts) + 1;
      --part->nelts;
      if (list.last == part) --list.nalloc;
    } else {
      previous = part;
      part = split(list, part, i);
      if (part == nullptr) return Removal::kOutOfMemory;
    }
  }
  return Removal::kDone;
}

Removal remove_header(ngx_list_t& list, std::string_view lower_name) noexcept {
  return remove_headers(
      list,
      [](const ngx_table_elt_t& line, const void* context) noexcept {
        return is_header(line, *static_cast<const std::string_view*>(context));
      },
      &lower_name);
}

bool add_request_header(ngx_http_request_t* r, const HeaderName& name, std::string_view value) noexcept {
  auto* const line = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_in.headers));
  if (line == nullptr) return false;
  *line = ngx_table_elt_t{};
  ngx_str_t source = borrowed(value);
  line->key = borrowed(name.typed);
  line->lowcase_key = borrowed(name.lower).data;
  line->hash = name.hash;
  line->value.len = value.size();
  line->value.data = ngx_pstrdup(r->pool, &source);
  if (line->value.data != nullptr) return true;
  line->value.len = 0;
  return false;
}

}  // namespace keyfence::nginx
