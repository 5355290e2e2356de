#include "libs/store/people_rows.h"

namespace keyfence {

std::string_view name(Role role) noexcept {
  switch (role) {
    case Role::kViewer:
      return "viewer";
    case Role::kAdmin:
      return "admin";
    case Role::kOwner:
      return "owner";
    case Role::kOperator:
      return "operator";
  }
  return "";
}

std::optional<Role> parse_role(std::string_view text) noexcept {
  for (const Role role : {Role::kViewer, Role::kAdmin, Role::kOwner, Role::kOperator}) {
    if (text == name(role)) return role;
  }
  return std::nullopt;
}

}  // namespace keyfence
