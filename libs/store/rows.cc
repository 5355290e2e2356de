#include "libs/store/rows.h"

namespace keyfence {

std::string_view name(TokenRole role) noexcept {
  switch (role) {
    case TokenRole::kViewer:
      return "viewer";
    case TokenRole::kAdmin:
      return "admin";
    case TokenRole::kOwner:
      return "owner";
    case TokenRole::kOperator:
      return "operator";
  }
  return "";
}

std::optional<TokenRole> parse_token_role(std::string_view text) noexcept {
  for (const TokenRole role : {TokenRole::kViewer, TokenRole::kAdmin, TokenRole::kOwner, TokenRole::kOperator}) {
    if (text == name(role)) return role;
  }
  return std::nullopt;
}

}  // namespace keyfence
