#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/net/entry_syntax.h"
#include "libs/policy/list_rules.h"
#include "libs/policy/policy.h"
#include "libs/store/people_rows.h"

// What the control store holds, as values. Times are microseconds UTC; every text is valid UTF-8.
namespace keyfence {

// Names one of the lists: the global one (owner 0), an account's or a key's.
struct ListRef {
  Layer layer = Layer::kGlobal;
  std::uint64_t owner = 0;

  [[nodiscard]] static ListRef global() noexcept { return {Layer::kGlobal, 0}; }
  [[nodiscard]] static ListRef of(AccountId id) noexcept { return {Layer::kAccount, id.value()}; }
  [[nodiscard]] static ListRef of(KeyId id) noexcept { return {Layer::kKey, id.value()}; }
  friend auto operator<=>(const ListRef&, const ListRef&) noexcept = default;
};

struct InstanceRow {
  std::uint64_t epoch = 0;  // random, made with the store: tells two stores apart
  ErrorStyle error_style = ErrorStyle::kEnvelope;
  ListLimits key_limits = default_limits(Layer::kKey);
  ListLimits account_limits = default_limits(Layer::kAccount);
  ListLimits global_limits = default_limits(Layer::kGlobal);
  NonPublicWarnings non_public_warnings = NonPublicWarnings::kOn;
  Revision changed;  // the revision that last changed the settings
};

// An account that was deleted stays suspended until it is purged, and can be restored so long.
struct AccountDeletion {
  Timestamp deleted_at;
  Timestamp purge_at;
  AccountState state_before = AccountState::kActive;
};

// A deleted account is suspended too, but counts as deleted alone.
enum class AccountCondition : std::uint8_t { kActive = 0, kSuspended = 1, kDeleted = 2 };

struct AccountRow {
  AccountId id;
  std::string name;  // unique
  AccountState state = AccountState::kActive;
  std::optional<ErrorStyle> error_style;
  Timestamp created_at;
  Revision changed;
  std::optional<AccountDeletion> deletion;
};

struct KeyRow {
  KeyId id;
  AccountId account;
  std::string name;
  std::string description;
  KeyDigest digest;
  std::string hint;  // how the secret begins and ends, for people: "kf_3xQ…9aTz"; empty for imported digests
  KeyState state = KeyState::kActive;
  std::optional<UnixSeconds> expires_at;
  std::vector<std::string> scopes;  // sorted, without repeats
  std::string created_by;           // an actor, as in AuditRow
  Timestamp created_at;
  Revision changed;
};

struct ListRow {
  ListRef ref;
  ListMode mode = ListMode::kEnforce;
  WhenEmpty when_empty = WhenEmpty::kAllow;
  std::size_t entry_count = 0;
  Revision changed;  // the ETag: the revision that last changed the list or an entry of it
};

// What a key counts as: its state, or expired where it is active and its time is over.
enum class KeyCondition : std::uint8_t { kActive = 0, kDisabled = 1, kRevoked = 2, kExpired = 3 };
// Whether a key's own list can hold back a request. One that is monitored or off, or empty and open, cannot.
enum class Restriction : std::uint8_t { kNone = 0, kSome = 1 };

// Which keys of an account; what is not said, or empty, is every one.
struct KeyFilter {
  AccountId account;
  std::string name_contains = {};
  std::optional<KeyCondition> condition = {};
  std::optional<Restriction> restriction = {};
  UnixSeconds now;  // what expiry is measured by
};
struct ListedKey {
  KeyRow key;
  ListRow list;
};

struct EntryRow {
  EntryId id;
  IpRange range = IpRange::all(IpFamily::kV4);
  EntryKind kind = EntryKind::kAddress;
  std::string text;  // as typed, trimmed; canonical form: range.text()
  std::string label;
  EntryState state = EntryState::kEnabled;
  std::optional<UnixSeconds> expires_at;
  std::string added_by;
  Timestamp added_at;
};

// What makes another list of a list. Those that are updated keep their range.
struct EntryChanges {
  std::vector<EntryId> removed;
  std::vector<EntryRow> updated;
  std::vector<EntryRow> added;
};

// A management token. account nullopt: the operator's.
struct TokenRow {
  TokenId id;
  std::string name;
  KeyDigest digest;
  std::string hint;
  Role role = Role::kViewer;
  std::optional<AccountId> account;
  std::optional<UnixSeconds> expires_at;
  std::optional<Timestamp> revoked_at;
  std::string created_by;
  Timestamp created_at;
  std::vector<IpRange> addresses = {};         // where it may be used from; none: from anywhere
  std::optional<Timestamp> last_used_at = {};  // to the minute
};

// One line of the audit log, written in the transaction of its change. docs/audit.md tells how lines are chained.
struct AuditRow {
  std::uint64_t id = 0;  // given by the store, grows
  Timestamp at;
  std::string actor;    // "token:tok_…", "person:per_…", "system"
  std::string address;  // where the actor called from; empty for the system
  std::string action;   // "key.create", "allowlist.replace", …
  std::string subject;  // id of what was changed
  std::optional<AccountId> account;
  std::string before;  // JSON, or empty; never a secret
  std::string after;
  Revision revision;
  KeyDigest hash;  // given by the store: of the line before and of this one
};

// Which lines of the audit log; what is not said, or empty, is every one.
// What became of it: sign-ins and confirmations that were refused, or throttled, are denied; every other line was done.
enum class AuditOutcome : std::uint8_t { kDone = 0, kDenied = 1 };

struct AuditFilter {
  std::optional<AccountId> account = {};
  std::string actor = {};
  std::string action = {};  // "key.create", or "key.*" for all that begin so
  std::string subject = {};
  std::optional<Timestamp> from = {};   // at this time or later
  std::optional<Timestamp> until = {};  // before this time
  std::optional<AuditOutcome> outcome = {};
};

// A list as one revision left it, and who did that.
struct ListRevisionRow {
  ListRow list;  // list.changed is the revision
  Timestamp at;
  std::string actor;  // as in AuditRow
  std::string address;
  std::string action;
  std::size_t added = 0;  // entries
  std::size_t updated = 0;
  std::size_t removed = 0;
};
// Of each list; older ones are forgotten bit by bit. Where a list is rewritten often, fewer are kept: as many as need
// no more entries of the past than this, and four times those that it has. The one before the newest always is.
inline constexpr std::size_t kListRevisionsKept = 1'000;
inline constexpr std::size_t kPastEntriesKept = 100'000;

// What was answered to a creation that carried an Idempotency-Key.
struct IdempotencyRow {
  std::string caller;                // an actor, as in AuditRow
  KeyDigest key;                     // of what the caller chose
  KeyDigest request;                 // of method, path, query and body
  Timestamp at;                      // kept for kIdempotencyKept
  std::vector<std::uint8_t> sealed;  // the answer; only who asked can open it
  Revision revision = {};            // that the creation made; 0: it changed no policy
};
inline constexpr std::int64_t kIdempotencyKeptMicros = std::int64_t{24} * 60 * 60 * 1'000'000;

}  // namespace keyfence
