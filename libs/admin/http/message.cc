#include "libs/admin/http/message.h"

#include <algorithm>

namespace keyfence {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view name(HttpMethod method) noexcept {
  switch (method) {
    case HttpMethod::kGet:
      return "GET";
    case HttpMethod::kHead:
      return "HEAD";
    case HttpMethod::kPost:
      return "POST";
    case HttpMethod::kPut:
      return "PUT";
    case HttpMethod::kPatch:
      return "PATCH";
    case HttpMethod::kDelete:
      return "DELETE";
    case HttpMethod::kOther:
      break;
  }
  return "OTHER";
}

bool equals_without_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> HttpRequest::header(std::string_view header_name) const noexcept {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : headers) {
    if (!equals_without_case(key, header_name)) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

std::size_t HttpRequest::header_count(std::string_view header_name) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [&](const HttpHeader& h) { return equals_without_case(h.first, header_name); }));
}

}  // namespace keyfence
