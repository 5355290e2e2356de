#pragma once

#include <optional>
#include <string>

#include "libs/admin/http/message.h"
#include "libs/admin/problem.h"
#include "libs/base/clock.h"
#include "libs/base/result.h"
#include "libs/store/control_store.h"

namespace keyfence {

// Who asks.
struct Caller {
  TokenId token;
  std::string token_name;
  Role role = Role::kViewer;
  std::optional<AccountId> account;  // nullopt: the operator

  [[nodiscard]] bool is_operator() const noexcept { return role == Role::kOperator; }
  [[nodiscard]] bool sees(AccountId id) const noexcept { return is_operator() || account == id; }
  [[nodiscard]] std::string actor() const { return "token:" + token.text(); }
};

// What a route demands of its caller. Each includes those after it.
enum class Access : std::uint8_t { kPublic, kViewer, kAdmin, kOwner, kOperator };

// Reads the token of a request: `Authorization: Bearer kfm_…`, exactly once.
//
// Errors   401 with WWW-Authenticate; one answer for unknown, expired and revoked.
[[nodiscard]] Result<Caller, Problem> authenticate(const HttpRequest& request, StoreReader& store, UnixSeconds now);

// 403 where the role does not reach.
[[nodiscard]] std::optional<Problem> refuse_role(const Caller& caller, Access access);

// Whether a query parameter could be a credential: those get into logs and histories, so the API refuses them.
[[nodiscard]] bool is_credential_parameter(std::string_view parameter, std::string_view value) noexcept;

}  // namespace keyfence
