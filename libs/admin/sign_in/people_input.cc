#include "libs/admin/sign_in/people_input.h"

#include <algorithm>

#include "libs/admin/http/query.h"

namespace keyfence {
namespace {

bool is_login_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("._@+-").find(c) != std::string_view::npos;
}

}  // namespace

std::string lower_case(std::string_view login) {
  std::string out(login);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::optional<std::string> read_login(ObjectReader& reader) {
  const auto typed = reader.text("login", Presence::kRequired);
  if (!typed) return std::nullopt;
  std::string login = lower_case(*typed);
  const bool good =
      !login.empty() && login.size() <= kLoginBytesMax && std::all_of(login.begin(), login.end(), is_login_character);
  if (good) return login;
  reader.report("login", "not_a_login", "must be 1 to 100 of a-z 0-9 . _ @ + -");
  return std::nullopt;
}

std::optional<std::string> read_new_password(ObjectReader& reader, std::string_view login) {
  auto typed = reader.text("password", Presence::kRequired);
  if (!typed) return std::nullopt;
  const std::size_t characters = count_characters(*typed);
  if (characters < kPasswordCharactersMin) {
    reader.report("password", "too_short", "must have at least 12 characters");
  } else if (characters > kPasswordCharactersMax) {
    reader.report("password", "too_long", "must have at most 256 characters");
  } else if (lower_case(*typed) == login) {
    reader.report("password", "is_the_login", "must not be the login");
  } else {
    return typed;
  }
  return std::nullopt;
}

std::optional<Role> read_member_role(ObjectReader& reader) {
  const auto role = reader.choice<Role>("role", parse_role, "one of owner, admin, viewer");
  if (!reader.has("role")) reader.report("role", "missing", "is required");
  if (role == Role::kOperator) {
    reader.report("role", "not_allowed", "must be one of owner, admin, viewer");
    return std::nullopt;
  }
  return role;
}

}  // namespace keyfence
