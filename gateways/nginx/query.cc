#include "gateways/nginx/query.h"

#include <cstring>

namespace keyfence::nginx {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that a text goes on with, percent sequence or not; takes it off. nullopt: a broken sequence.
std::optional<char> next_byte(std::string_view& rest) noexcept {
  const char c = rest.front();
  rest.remove_prefix(1);
  if (c != '%') return c;
  if (rest.size() < 2) return std::nullopt;
  const int high = hex_digit(rest[0]);
  const int low = hex_digit(rest[1]);
  if (high < 0 || low < 0) return std::nullopt;
  rest.remove_prefix(2);
  return static_cast<char>(high * 16 + low);
}

bool decodes_to(std::string_view raw, std::string_view name) noexcept {
  while (!raw.empty()) {
    const std::optional<char> c = next_byte(raw);
    if (!c || name.empty() || *c != name.front()) return false;
    name.remove_prefix(1);
  }
  return name.empty();
}

struct Part {
  std::string_view whole;
  std::string_view name;
  std::string_view value;
};

Part first_part(std::string_view query) noexcept {
  const std::string_view whole = query.substr(0, query.find('&'));
  const std::size_t equals = whole.find('=');
  if (equals == std::string_view::npos) return {whole, whole, {}};
  return {whole, whole.substr(0, equals), whole.substr(equals + 1)};
}

}  // namespace

QueryArgument find_argument(std::string_view query, std::string_view name) noexcept {
  QueryArgument found;
  while (!query.empty()) {
    const Part part = first_part(query);
    if (decodes_to(part.name, name)) {
      if (found.state != QueryCredential::kAbsent) return {QueryCredential::kRepeated, {}};
      found = {QueryCredential::kSingle, part.value};
    }
    query.remove_prefix(part.whole.size());
    if (!query.empty()) query.remove_prefix(1);
  }
  return found;
}

std::optional<std::string_view> percent_decode(std::string_view raw, std::span<char> buffer) noexcept {
  std::size_t length = 0;
  while (!raw.empty()) {
    const std::optional<char> c = next_byte(raw);
    if (!c || length == buffer.size()) return std::nullopt;
    buffer[length++] = *c;
  }
  return std::string_view(buffer.data(), length);
}

std::size_t remove_argument(std::string_view query, std::string_view name, char* out) noexcept {
  std::size_t length = 0;
  bool any_kept = false;
  for (bool more = true; more;) {
    const Part part = first_part(query);
    if (!decodes_to(part.name, name)) {
      if (any_kept) out[length++] = '&';
      if (!part.whole.empty()) std::memmove(out + length, part.whole.data(), part.whole.size());
      length += part.whole.size();
      any_kept = true;
    }
    more = part.whole.size() < query.size();
    query.remove_prefix(more ? part.whole.size() + 1 : part.whole.size());
  }
  return length;
}

}  // namespace keyfence::nginx
