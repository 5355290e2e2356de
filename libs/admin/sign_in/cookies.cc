#include "libs/admin/sign_in/cookies.h"

#include <algorithm>

namespace keyfence {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::string_view> cookie_of(const HttpRequest& request, std::string_view cookie) noexcept {
  std::optional<std::string_view> found;
  for (const auto& [key, line] : request.headers) {
    if (!equals_without_case(key, "Cookie")) continue;
    std::string_view rest = line;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != cookie) continue;
      if (found) return std::nullopt;
      found = pair.substr(equals + 1);
    }
  }
  return found;
}

HttpHeader set_cookie(std::string_view cookie, std::string_view value, std::chrono::seconds lifetime) {
  std::string text(cookie);
  text += '=';
  text += value;
  text += "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lifetime.count());
  return {"Set-Cookie", std::move(text)};
}

}  // namespace keyfence
