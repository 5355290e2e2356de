#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "libs/base/clock.h"
#include "libs/policy/ids.h"
#include "libs/policy/presented_key.h"

// Who may sign in, and to what, as the control store holds it. Times are microseconds UTC; every text is valid UTF-8.
namespace keyfence {

struct PersonTag {
  static constexpr std::string_view kPrefix = "per_";
};
struct InvitationTag {
  static constexpr std::string_view kPrefix = "inv_";
};
struct SessionTag {
  static constexpr std::string_view kPrefix = "ses_";
};

using PersonId = StrongId<PersonTag>;
using InvitationId = StrongId<InvitationTag>;
using SessionId = StrongId<SessionTag>;

// What someone may do: of an account, or (operator) of the instance. Each includes those before it.
enum class Role : std::uint8_t { kViewer = 0, kAdmin = 1, kOwner = 2, kOperator = 3 };
[[nodiscard]] std::string_view name(Role role) noexcept;
[[nodiscard]] std::optional<Role> parse_role(std::string_view) noexcept;

// An Argon2id hash in its own text form. No operator<<: what it is made from can be guessed at.
struct PasswordHash {
  std::string encoded;
};

// What a person's authenticator shares with the store (RFC 6238). No operator<<.
struct TotpSecret {
  std::array<std::uint8_t, 20> bytes{};
  friend bool operator==(const TotpSecret&, const TotpSecret&) noexcept = default;
};

enum class Reach : std::uint8_t { kAccounts = 0, kInstance = 1 };

struct PersonRow {
  PersonId id;
  std::string login;  // unique; a-z 0-9 . _ @ + -
  std::string name;
  PasswordHash password;
  Reach reach = Reach::kAccounts;          // kInstance: an operator
  std::optional<TotpSecret> totp;          // asked for at sign-in
  std::optional<TotpSecret> totp_pending;  // made, and not yet shown to work
  std::uint64_t totp_step = 0;             // of the newest code that was used: it and those before it are spent
  Timestamp created_at;
  std::optional<Timestamp> last_sign_in_at;

  [[nodiscard]] bool is_operator() const noexcept { return reach == Reach::kInstance; }
};

struct MembershipRow {
  AccountId account;
  PersonId person;
  Role role = Role::kViewer;  // never kOperator
  Timestamp joined_at;
};

// A membership with what the account sees of the person.
struct MemberRow {
  MembershipRow membership;
  std::string login;
  std::string name;
  std::optional<Timestamp> last_sign_in_at;
  bool totp_enabled = false;
};

// Stands until it is accepted, revoked or purged.
struct InvitationRow {
  InvitationId id;
  AccountId account;
  std::string login;
  Role role = Role::kViewer;
  KeyDigest digest;  // of the one-time token
  std::string invited_by;
  Timestamp created_at;
  Timestamp expires_at;
};

// kAwaitsSecondFactor: the password was right; good for nothing but the second factor.
enum class SessionStage : std::uint8_t { kAwaitsSecondFactor = 0, kSignedIn = 1 };

struct SessionRow {
  SessionId id;
  KeyDigest digest;  // of the cookie
  PersonId person;
  SessionStage stage = SessionStage::kAwaitsSecondFactor;
  Timestamp created_at;
  Timestamp last_seen_at;
  Timestamp confirmed_at;  // when the person last showed password and factor
  std::string address;     // where it was begun from
  std::string user_agent;
};

}  // namespace keyfence
