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

Removal take_out(ngx_list_t& list, HeaderCursor& at, ngx_uint_t i) noexcept {
  ngx_list_part_t* const part = at.part;
  if (i + 1 == part->nelts) {
    ngx_list_part_t* const next = part->next;
    const bool stays = part->nelts > 1 || at.previous == nullptr;
    if (!drop_end(list, at.previous, part)) return Removal::kOutOfMemory;
    at = {stays ? part : at.previous, next};
  } else if (i == 0) {
    part->elts = static_cast<ngx_table_elt_t*>(part->elts) + 1;
    --part->nelts;
    if (list.last == part) --list.nalloc;
  } else {
    at = {part, split(list, part, i)};
    if (at.part == nullptr) return Removal::kOutOfMemory;
  }
  return Removal::kDone;
}

bool add_request_header(ngx_http_request_t* r, const HeaderName& name, std::string_view value) noexcept {
  auto* const line = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_in.headers));
  if (line == nullptr) return false;
  *line = ngx_table_elt_t{};
  line->key = borrowed(name.typed);
  line->lowcase_key = borrowed(name.lower).data;
  line->hash = name.hash;
  line->value = borrowed(value);
  return true;
}

}  // namespace keyfence::nginx
