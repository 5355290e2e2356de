#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/admin/http/message.h"
#include "libs/admin/problem.h"
#include "libs/base/clock.h"
#include "libs/base/result.h"
#include "libs/net/client_address.h"
#include "libs/store/control_store.h"

namespace keyfence {

enum class CallerKind : std::uint8_t { kNobody, kToken, kPerson };

// What a caller may do with one account.
struct AccountRole {
  AccountId account;
  Role role = Role::kViewer;
};

// Who asks: a management token or a person who has signed in.
//
// Shape    accounts: a token's one account, or those that a person is a member of, deleted ones left out; in a
//          suspended one a person is a viewer. Empty for an operator, who sees everything. role: over what this call is
//          about, see settle_role().
struct Caller {
  CallerKind kind = CallerKind::kNobody;
  Role role = Role::kViewer;
  std::vector<AccountRole> accounts;
  std::optional<TokenRow> token;      // kToken
  std::optional<PersonRow> person;    // kPerson
  std::optional<SessionRow> session;  // kPerson

  [[nodiscard]] bool is_operator() const noexcept { return kind != CallerKind::kNobody && role == Role::kOperator; }
  [[nodiscard]] bool is_person() const noexcept { return kind == CallerKind::kPerson; }
  [[nodiscard]] std::optional<Role> role_in(AccountId id) const noexcept;  // nullopt: it does not exist for this caller
  [[nodiscard]] bool sees(AccountId id) const noexcept { return role_in(id).has_value(); }
  [[nodiscard]] std::string actor() const;  // "token:tok_…", "person:per_…", "anonymous"
};

// What a route demands of its caller. kCaller: to be known at all; kPerson: to be signed in, as whoever; the others
// each include those after them.
enum class Access : std::uint8_t { kPublic, kCaller, kPerson, kViewer, kAdmin, kOwner, kOperator };
[[nodiscard]] std::string_view name(Access access) noexcept;

// Which proxies tell the client's address in which header.
struct ProxyTrust {
  AddressSet proxies;
  ForwardedHeader kind = ForwardedHeader::kXForwardedFor;
  std::string header = "X-Forwarded-For";
};

// Reads who asks: `Authorization: Bearer kfm_…`, exactly once, or else the session cookie.
//
// Errors   401 with WWW-Authenticate; one answer for unknown, expired, revoked and suspended. 403
//          address_not_allowed for a token that may not be used from this address.
[[nodiscard]] Result<Caller, Problem> authenticate(const HttpRequest& request, StoreReader& store, Timestamp now,
                                                   const std::optional<IpAddress>& client);

// A person who has signed in, with what they are a member of.
[[nodiscard]] Result<Caller, Problem> person_caller(StoreReader& store, PersonRow person, SessionRow session);

// 403 where a browser may have been sent here by another site: an Origin that is not ours, or the cookie without the
// header that only our own pages send. Requests with a token in their Authorization header are nobody's to forge.
[[nodiscard]] std::optional<Problem> refuse_cross_site(const HttpRequest& request, const ProxyTrust& trust);

// Whether the connection of the client is encrypted, as a trusted proxy tells it.
[[nodiscard]] bool is_over_tls(const HttpRequest& request, const ProxyTrust& trust);

// 403 where the role does not reach.
[[nodiscard]] std::optional<Problem> refuse_role(const Caller& caller, Access access);
// 403 sign_in_again for a session whose password was given too long ago. Tokens pass.
[[nodiscard]] std::optional<Problem> refuse_unconfirmed(const Caller& caller, Timestamp now);

// Whether the caller sees and revokes this token: the operator, and an owner of its account.
[[nodiscard]] bool may_manage(const Caller& caller, const TokenRow& token) noexcept;

// 401, one answer for every cause.
[[nodiscard]] Problem sign_in_required();

// Whether a query parameter could be a credential: those get into logs and histories, so the API refuses them.
[[nodiscard]] bool is_credential_parameter(std::string_view parameter, std::string_view value) noexcept;
// Whether a text holds the beginning of a secret of ours.
[[nodiscard]] bool holds_secret(std::string_view text) noexcept;

}  // namespace keyfence
