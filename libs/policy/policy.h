#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/clock.h"
#include "libs/net/ip_range.h"
#include "libs/policy/ids.h"
#include "libs/policy/presented_key.h"
#include "libs/policy/reason.h"

// The policy as values: what the store hands to the publisher, what the image is compiled from, and what the slow
// model decides on.
namespace keyfence {

enum class ListMode : std::uint8_t { kEnforce = 0, kMonitor = 1, kOff = 2 };
enum class WhenEmpty : std::uint8_t { kDeny = 0, kAllow = 1 };
enum class EntryState : std::uint8_t { kDisabled = 0, kEnabled = 1 };
enum class KeyState : std::uint8_t { kRevoked = 0, kDisabled = 1, kActive = 2 };
enum class AccountState : std::uint8_t { kSuspended = 0, kActive = 1 };
enum class ErrorStyle : std::uint8_t { kEnvelope = 0, kFlat = 1, kProblem = 2 };

// Names as in the API: "enforce", "deny", "active", "envelope", ... and back.
[[nodiscard]] std::string_view name(ListMode) noexcept;
[[nodiscard]] std::string_view name(WhenEmpty) noexcept;
[[nodiscard]] std::string_view name(KeyState) noexcept;
[[nodiscard]] std::string_view name(AccountState) noexcept;
[[nodiscard]] std::string_view name(ErrorStyle) noexcept;
[[nodiscard]] std::optional<ListMode> parse_list_mode(std::string_view) noexcept;
[[nodiscard]] std::optional<WhenEmpty> parse_when_empty(std::string_view) noexcept;
[[nodiscard]] std::optional<KeyState> parse_key_state(std::string_view) noexcept;
[[nodiscard]] std::optional<AccountState> parse_account_state(std::string_view) noexcept;
[[nodiscard]] std::optional<ErrorStyle> parse_error_style(std::string_view) noexcept;

// What one entry contributes to the decision. Usable while enabled and now < expires_at.
struct PolicyEntry {
  EntryId id;
  IpRange range;
  EntryState state = EntryState::kDisabled;
  std::optional<UnixSeconds> expires_at;

  [[nodiscard]] bool usable(UnixSeconds now) const noexcept {
    return state == EntryState::kEnabled && (!expires_at || now < *expires_at);
  }
  friend bool operator==(const PolicyEntry&, const PolicyEntry&) = default;
};

// A list that has entries admits only what a usable one contains, even when none is usable; one without entries does
// as when_empty says.
struct Allowlist {
  ListMode mode = ListMode::kEnforce;
  WhenEmpty when_empty = WhenEmpty::kDeny;
  std::vector<PolicyEntry> entries;
  friend bool operator==(const Allowlist&, const Allowlist&) = default;
};

struct KeyPolicy {
  KeyId id;
  AccountId account;
  KeyDigest digest;
  KeyState state = KeyState::kRevoked;
  std::optional<UnixSeconds> expires_at;
  std::vector<std::string> scopes;  // sorted, without repeats
  Allowlist allowlist;
  friend bool operator==(const KeyPolicy&, const KeyPolicy&) = default;
};

struct AccountPolicy {
  AccountId id;
  AccountState state = AccountState::kSuspended;  // keys of a suspended account are decided as key_disabled
  std::optional<ErrorStyle> error_style;          // nullopt: the instance's
  Allowlist allowlist;
  friend bool operator==(const AccountPolicy&, const AccountPolicy&) = default;
};

struct InstancePolicy {
  ErrorStyle error_style = ErrorStyle::kEnvelope;
  Allowlist allowlist;  // the global list
  friend bool operator==(const InstancePolicy&, const InstancePolicy&) = default;
};

inline constexpr std::size_t kScopesPerKeyMax = 32;
inline constexpr std::size_t kScopeBytesMax = 64;
// A scope as the engine compares it: the first 8 bytes, big-endian, of the SHA-256 of its name.
struct ScopeTag {
  std::uint64_t value = 0;
  friend constexpr auto operator<=>(ScopeTag, ScopeTag) noexcept = default;
};
[[nodiscard]] ScopeTag scope_tag(std::string_view scope) noexcept;
// 1 to kScopeBytesMax of a-z A-Z 0-9 and . _ - : / *
[[nodiscard]] bool is_scope_name(std::string_view scope) noexcept;

}  // namespace keyfence
