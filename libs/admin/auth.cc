#include "libs/admin/auth.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

Problem unauthorized(std::string detail, std::string_view challenge) {
  return {.status = 401,
          .code = "unauthorized",
          .detail = std::move(detail),
          .headers = {{"WWW-Authenticate", std::string(challenge)}}};
}

constexpr std::string_view kScheme = "Bearer ";
constexpr std::string_view kChallenge = "Bearer realm=\"keyfence\"";
constexpr std::string_view kChallengeInvalid = "Bearer realm=\"keyfence\", error=\"invalid_token\"";

}  // namespace

Result<Caller, Problem> authenticate(const HttpRequest& request, StoreReader& store, UnixSeconds now) {
  if (request.header_count("Authorization") == 0) {
    return Err{unauthorized("A management token is required: Authorization: Bearer kfm_…", kChallenge)};
  }
  const auto header = request.header("Authorization");
  if (!header || header->size() <= kScheme.size() || !equals_without_case(header->substr(0, kScheme.size()), kScheme)) {
    return Err{unauthorized("The Authorization header must be one management token: Bearer kfm_…", kChallenge)};
  }
  const Problem invalid = unauthorized("The management token is unknown, expired or revoked.", kChallengeInvalid);
  const std::string_view secret = header->substr(kScheme.size());
  if (!has_valid_checksum(secret, "kfm_")) return Err{invalid};
  auto token = store.token_by_digest(sha256(secret));
  if (!token) return Err{problem_of(token.error())};
  const std::optional<TokenRow>& row = *token;
  if (!row || row->revoked_at || (row->expires_at && now >= *row->expires_at)) return Err{invalid};
  return Caller{row->id, row->name, row->role, row->account};
}

std::optional<Problem> refuse_role(const Caller& caller, Access access) {
  switch (access) {
    case Access::kPublic:
    case Access::kViewer:
      return std::nullopt;
    case Access::kAdmin:
      if (caller.role >= Role::kAdmin) return std::nullopt;
      return forbidden("A viewer's token reads; it changes nothing.");
    case Access::kOwner:
      if (caller.role >= Role::kOwner) return std::nullopt;
      return forbidden("This is for the operator and an account's owner.");
    case Access::kOperator:
      if (caller.is_operator()) return std::nullopt;
      return forbidden("This is for the operator.");
  }
  return forbidden("This is for nobody.");
}

bool is_credential_parameter(std::string_view parameter, std::string_view value) noexcept {
  static constexpr std::array<std::string_view, 7> kNames = {"access_token", "token",         "key",   "api_key",
                                                             "apikey",       "authorization", "secret"};
  const bool named = std::any_of(kNames.begin(), kNames.end(),
                                 [&](std::string_view known) { return equals_without_case(known, parameter); });
  return named || value.substr(0, 4) == "kfm_" || value.substr(0, 3) == "kf_";
}

}  // namespace keyfence
