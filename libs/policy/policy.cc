#include "libs/policy/policy.h"

#include <algorithm>
#include <array>

namespace keyfence {
namespace {

// The enumerator whose name is text.
template <class E, std::size_t N>
std::optional<E> by_name(const std::array<E, N>& all, std::string_view text) noexcept {
  const auto found = std::find_if(all.begin(), all.end(), [text](E value) { return name(value) == text; });
  if (found == all.end()) return std::nullopt;
  return *found;
}

constexpr bool is_scope_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == ':' || c == '/' || c == '*';
}

}  // namespace

std::string_view name(ListMode mode) noexcept {
  switch (mode) {
    case ListMode::kEnforce:
      return "enforce";
    case ListMode::kMonitor:
      return "monitor";
    case ListMode::kOff:
      return "off";
  }
  return "unknown";
}

std::string_view name(WhenEmpty when_empty) noexcept {
  switch (when_empty) {
    case WhenEmpty::kDeny:
      return "deny";
    case WhenEmpty::kAllow:
      return "allow";
  }
  return "unknown";
}

std::string_view name(KeyState state) noexcept {
  switch (state) {
    case KeyState::kRevoked:
      return "revoked";
    case KeyState::kDisabled:
      return "disabled";
    case KeyState::kActive:
      return "active";
  }
  return "unknown";
}

std::string_view name(AccountState state) noexcept {
  switch (state) {
    case AccountState::kSuspended:
      return "suspended";
    case AccountState::kActive:
      return "active";
  }
  return "unknown";
}

std::string_view name(ErrorStyle style) noexcept {
  switch (style) {
    case ErrorStyle::kEnvelope:
      return "envelope";
    case ErrorStyle::kFlat:
      return "flat";
    case ErrorStyle::kProblem:
      return "problem";
  }
  return "unknown";
}

std::optional<ListMode> parse_list_mode(std::string_view text) noexcept {
  return by_name(std::array{ListMode::kEnforce, ListMode::kMonitor, ListMode::kOff}, text);
}

std::optional<WhenEmpty> parse_when_empty(std::string_view text) noexcept {
  return by_name(std::array{WhenEmpty::kDeny, WhenEmpty::kAllow}, text);
}

std::optional<KeyState> parse_key_state(std::string_view text) noexcept {
  return by_name(std::array{KeyState::kRevoked, KeyState::kDisabled, KeyState::kActive}, text);
}

std::optional<AccountState> parse_account_state(std::string_view text) noexcept {
  return by_name(std::array{AccountState::kSuspended, AccountState::kActive}, text);
}

std::optional<ErrorStyle> parse_error_style(std::string_view text) noexcept {
  return by_name(std::array{ErrorStyle::kEnvelope, ErrorStyle::kFlat, ErrorStyle::kProblem}, text);
}

ScopeTag scope_tag(std::string_view scope) noexcept {
  const KeyDigest digest = sha256(scope);
  ScopeTag tag;
  for (std::size_t i = 0; i < sizeof tag.value; ++i) tag.value = tag.value << 8 | digest.bytes[i];
  return tag;
}

bool is_scope_name(std::string_view scope) noexcept {
  return !scope.empty() && scope.size() <= kScopeBytesMax &&
         std::all_of(scope.begin(), scope.end(), is_scope_character);
}

}  // namespace keyfence
