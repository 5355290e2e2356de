#include "libs/admin/auth.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/admin/sign_in/cookies.h"
#include "libs/admin/sign_in/session_times.h"
#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

constexpr std::string_view kScheme = "Bearer ";
constexpr std::string_view kChallenge = "Bearer realm=\"keyfence\"";
constexpr std::string_view kChallengeInvalid = "Bearer realm=\"keyfence\", error=\"invalid_token\"";
constexpr std::array<std::string_view, 4> kSecretPrefixes = {"kf_", "kfm_", "kfs_", "kfi_"};

Problem unauthorized(std::string detail, std::string_view challenge) {
  return {.status = 401,
          .code = "unauthorized",
          .detail = std::move(detail),
          .headers = {{"WWW-Authenticate", std::string(challenge)}}};
}

Problem csrf(std::string detail) {
  return {.status = 403, .code = "csrf", .detail = std::move(detail)};
}

bool is_usable(const TokenRow& row, Timestamp now) noexcept {
  return !row.revoked_at && (!row.expires_at || to_seconds(now) < *row.expires_at);
}

bool may_be_used_from(const TokenRow& row, const std::optional<IpAddress>& client) {
  if (row.addresses.empty()) return true;
  return client && std::any_of(row.addresses.begin(), row.addresses.end(),
                               [&](const IpRange& range) { return range.contains(*client); });
}

Result<Caller, Problem> authenticate_token(const HttpRequest& request, StoreReader& store, Timestamp now,
                                           const std::optional<IpAddress>& client) {
  const auto header = request.header("Authorization");
  if (!header || header->size() <= kScheme.size() || !equals_without_case(header->substr(0, kScheme.size()), kScheme)) {
    return Err{unauthorized("The Authorization header must be one management token: Bearer kfm_…", kChallenge)};
  }
  const auto invalid = [] {
    return Err{unauthorized("The management token is unknown, expired or revoked.", kChallengeInvalid)};
  };
  const std::string_view secret = header->substr(kScheme.size());
  if (!has_valid_checksum(secret, "kfm_")) return invalid();
  auto token = store.token_by_digest(sha256(secret));
  if (!token) return Err{problem_of(token.error())};
  std::optional<TokenRow>& row = *token;
  if (!row || !is_usable(*row, now)) return invalid();
  if (!may_be_used_from(*row, client)) {
    return Err{Problem{.status = 403,
                       .code = "address_not_allowed",
                       .detail = "This management token may not be used from this address."}};
  }
  Caller caller;
  caller.kind = CallerKind::kToken;
  caller.role = row->role;
  if (row->account) {
    const auto account = store.account(*row->account);
    if (!account) return Err{problem_of(account.error())};
    if (account->state != AccountState::kActive) return invalid();
    caller.accounts.push_back({*row->account, row->role});
  }
  caller.token = std::move(row);
  return caller;
}

Result<std::vector<AccountRole>, Problem> accounts_of(StoreReader& store, PersonId person) {
  const auto memberships = store.memberships(person);
  if (!memberships) return Err{problem_of(memberships.error())};
  std::vector<AccountRole> accounts;
  for (const MembershipRow& membership : *memberships) {
    const auto account = store.account(membership.account);
    if (!account) return Err{problem_of(account.error())};
    if (account->deletion) continue;
    const bool active = account->state == AccountState::kActive;
    accounts.push_back({membership.account, active ? membership.role : Role::kViewer});
  }
  return accounts;
}

Result<Caller, Problem> authenticate_session(std::string_view cookie, StoreReader& store, Timestamp now) {
  if (!has_valid_checksum(cookie, "kfs_")) return Err{sign_in_required()};
  auto session = store.session_by_digest(sha256(cookie));
  if (!session) return Err{problem_of(session.error())};
  std::optional<SessionRow>& row = *session;
  if (!row || row->stage != SessionStage::kSignedIn || has_ended(*row, now)) return Err{sign_in_required()};
  auto person = store.person(row->person);
  if (!person) return Err{sign_in_required()};  // gone between the two reads
  return person_caller(store, std::move(*person), std::move(*row));
}

std::string_view authority_of(std::string_view origin) noexcept {
  const std::size_t slashes = origin.find("://");
  return slashes == std::string_view::npos ? std::string_view() : origin.substr(slashes + 3);
}

bool is_from_trusted_proxy(const HttpRequest& request, const ProxyTrust& trust) {
  return trust.proxies.contains(request.peer);
}

}  // namespace

std::optional<Role> Caller::role_in(AccountId id) const noexcept {
  if (is_operator()) return Role::kOperator;
  for (const AccountRole& one : accounts) {
    if (one.account == id) return one.role;
  }
  return std::nullopt;
}

std::string Caller::actor() const {
  if (token) return "token:" + token->id.text();
  if (person) return "person:" + person->id.text();
  return "anonymous";
}

std::string_view name(Access access) noexcept {
  switch (access) {
    case Access::kPublic:
      return "anyone";
    case Access::kCaller:
      return "caller";
    case Access::kPerson:
      return "person";
    case Access::kViewer:
      return "viewer";
    case Access::kAdmin:
      return "admin";
    case Access::kOwner:
      return "owner";
    case Access::kOperator:
      return "operator";
  }
  return "";
}

Problem sign_in_required() {
  return unauthorized("Sign in, or send a management token: Authorization: Bearer kfm_…", kChallenge);
}

Result<Caller, Problem> person_caller(StoreReader& store, PersonRow person, SessionRow session) {
  Caller caller;
  caller.kind = CallerKind::kPerson;
  if (person.is_operator()) {
    caller.role = Role::kOperator;
  } else {
    auto accounts = accounts_of(store, person.id);
    if (!accounts) return Err{std::move(accounts).error()};
    caller.accounts = std::move(*accounts);
  }
  caller.person = std::move(person);
  caller.session = std::move(session);
  return caller;
}

Result<Caller, Problem> authenticate(const HttpRequest& request, StoreReader& store, Timestamp now,
                                     const std::optional<IpAddress>& client) {
  if (request.header_count("Authorization") > 0) return authenticate_token(request, store, now, client);
  const auto cookie = cookie_of(request, kSessionCookie);
  if (!cookie) return Err{sign_in_required()};
  return authenticate_session(*cookie, store, now);
}

std::optional<Problem> refuse_cross_site(const HttpRequest& request, const ProxyTrust& trust) {
  if (request.method == HttpMethod::kGet || request.method == HttpMethod::kHead) return std::nullopt;
  if (request.header_count("Authorization") > 0) return std::nullopt;
  if (request.header_count("Origin") > 0) {
    std::string_view host = request.header("Host").value_or("");
    if (is_from_trusted_proxy(request, trust)) host = request.header("X-Forwarded-Host").value_or(host);
    const std::string_view origin = authority_of(request.header("Origin").value_or(""));
    if (origin.empty() || !equals_without_case(origin, host)) {
      return csrf("The request comes from a page of another site.");
    }
  }
  if (cookie_of(request, kSessionCookie) && request.header("Keyfence-Csrf") != "1") {
    return csrf("A change that is made with a cookie carries the header Keyfence-Csrf: 1.");
  }
  return std::nullopt;
}

bool is_over_tls(const HttpRequest& request, const ProxyTrust& trust) {
  return is_from_trusted_proxy(request, trust) && request.header("X-Forwarded-Proto") == "https";
}

std::optional<Problem> refuse_role(const Caller& caller, Access access) {
  const bool nowhere = !caller.is_operator() && caller.accounts.empty();
  switch (access) {
    case Access::kPublic:
    case Access::kCaller:
      return std::nullopt;
    case Access::kPerson:
      if (caller.is_person()) return std::nullopt;
      return forbidden("This is for people who have signed in.");
    case Access::kViewer:
      if (!nowhere) return std::nullopt;
      return forbidden("You are a member of no account.");
    case Access::kAdmin:
      if (!nowhere && caller.role >= Role::kAdmin) return std::nullopt;
      return forbidden("A viewer reads, and changes nothing.");
    case Access::kOwner:
      if (!nowhere && caller.role >= Role::kOwner) return std::nullopt;
      return forbidden("This is for the operator and an account's owner.");
    case Access::kOperator:
      if (caller.is_operator()) return std::nullopt;
      return forbidden("This is for the operator.");
  }
  return forbidden("This is for nobody.");
}

std::optional<Problem> refuse_unconfirmed(const Caller& caller, Timestamp now) {
  if (!caller.session || now < fresh_until(*caller.session)) return std::nullopt;
  return Problem{.status = 403,
                 .code = "sign_in_again",
                 .detail = "Give your password once more: POST /api/v1/session/confirm, then repeat this."};
}

bool may_manage(const Caller& caller, const TokenRow& token) noexcept {
  if (caller.is_operator()) return true;
  return token.account && caller.role_in(*token.account) == Role::kOwner;
}

bool holds_secret(std::string_view text) noexcept {
  return std::any_of(kSecretPrefixes.begin(), kSecretPrefixes.end(),
                     [&](std::string_view prefix) { return text.find(prefix) != std::string_view::npos; });
}

bool is_credential_parameter(std::string_view parameter, std::string_view value) noexcept {
  static constexpr std::array<std::string_view, 8> kNames = {"access_token", "token",         "key",    "api_key",
                                                             "apikey",       "authorization", "secret", "password"};
  const bool named = std::any_of(kNames.begin(), kNames.end(),
                                 [&](std::string_view known) { return equals_without_case(known, parameter); });
  return named || std::any_of(kSecretPrefixes.begin(), kSecretPrefixes.end(),
                              [&](std::string_view prefix) { return value.substr(0, prefix.size()) == prefix; });
}

}  // namespace keyfence
