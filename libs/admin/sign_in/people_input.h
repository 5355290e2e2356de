#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/json/object_reader.h"
#include "libs/store/people_rows.h"

// What people type to be known by, read and judged.
namespace keyfence {

inline constexpr std::size_t kLoginBytesMax = 100;
inline constexpr std::size_t kPasswordCharactersMin = 12;
inline constexpr std::size_t kPasswordCharactersMax = 256;

// In lower case: logins are compared without it.
[[nodiscard]] std::string lower_case(std::string_view login);

// A login for someone new: 1 to kLoginBytesMax of a-z 0-9 . _ @ + - in either case.
std::optional<std::string> read_login(ObjectReader& reader);
// A password for later: kPasswordCharactersMin to kPasswordCharactersMax characters, and not the login.
std::optional<std::string> read_new_password(ObjectReader& reader, std::string_view login);
// viewer, admin or owner.
std::optional<Role> read_member_role(ObjectReader& reader);

}  // namespace keyfence
