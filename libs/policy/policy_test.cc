#include "libs/policy/policy.h"

#include <gtest/gtest.h>

#include <set>

namespace keyfence {
namespace {

template <class E, class Parse>
void expect_names(std::initializer_list<std::pair<E, std::string_view>> names, Parse parse) {
  for (const auto& [value, text] : names) {
    EXPECT_EQ(name(value), text);
    EXPECT_EQ(parse(text), value);
    EXPECT_EQ(parse(std::string(text) + " "), std::nullopt);
  }
  EXPECT_EQ(parse(""), std::nullopt);
  EXPECT_EQ(parse("unknown"), std::nullopt);
  EXPECT_EQ(name(static_cast<E>(200)), "unknown");
}

TEST(PolicyNames, ReadBack) {
  expect_names<ListMode>({{ListMode::kEnforce, "enforce"}, {ListMode::kMonitor, "monitor"}, {ListMode::kOff, "off"}},
                         parse_list_mode);
  expect_names<WhenEmpty>({{WhenEmpty::kDeny, "deny"}, {WhenEmpty::kAllow, "allow"}}, parse_when_empty);
  expect_names<KeyState>(
      {{KeyState::kRevoked, "revoked"}, {KeyState::kDisabled, "disabled"}, {KeyState::kActive, "active"}},
      parse_key_state);
  expect_names<AccountState>({{AccountState::kSuspended, "suspended"}, {AccountState::kActive, "active"}},
                             parse_account_state);
  expect_names<ErrorStyle>(
      {{ErrorStyle::kEnvelope, "envelope"}, {ErrorStyle::kFlat, "flat"}, {ErrorStyle::kProblem, "problem"}},
      parse_error_style);
}

TEST(Scope, NamesAreOneTo64OfTheAllowedCharacters) {
  for (const char* scope : {"a", "messages:read", "reports/2026.v1", "a_b-c*", "0", "A:Z"}) {
    EXPECT_TRUE(is_scope_name(scope)) << scope;
  }
  for (const char* scope : {"", " ", "a b", "a,b", "a\"b", "a\nb", "scope\xC3\xA9", "a;b", "a\\b", "{}"}) {
    EXPECT_FALSE(is_scope_name(scope)) << scope;
  }
  EXPECT_TRUE(is_scope_name(std::string(kScopeBytesMax, 'x')));
  EXPECT_FALSE(is_scope_name(std::string(kScopeBytesMax + 1, 'x')));
  EXPECT_FALSE(is_scope_name(std::string_view("a\0b", 3)));
}

TEST(Scope, TagIsTheFirstEightBytesOfItsSha256) {
  // From FIPS 180-4's example: SHA-256("abc") = ba7816bf 8f01cfea ...
  EXPECT_EQ(scope_tag("abc").value, 0xBA7816BF8F01CFEAU);
  EXPECT_NE(scope_tag("messages:read"), scope_tag("messages:rea"));
  EXPECT_NE(scope_tag("messages:read"), scope_tag("Messages:read"));
}

TEST(PolicyEntry, IsUsableOnlyWhileEnabledAndNotExpired) {
  PolicyEntry entry{EntryId(1), IpRange::all(IpFamily::kV4), EntryState::kEnabled, UnixSeconds{100}};
  EXPECT_TRUE(entry.usable(UnixSeconds{0}));
  EXPECT_TRUE(entry.usable(UnixSeconds{99}));
  EXPECT_FALSE(entry.usable(UnixSeconds{100}));
  EXPECT_FALSE(entry.usable(UnixSeconds{101}));
  entry.state = EntryState::kDisabled;
  EXPECT_FALSE(entry.usable(UnixSeconds{0}));
  entry.expires_at.reset();
  EXPECT_FALSE(entry.usable(UnixSeconds{0}));
  entry.state = EntryState::kEnabled;
  EXPECT_TRUE(entry.usable(UnixSeconds{0xFFFFFFFF}));
  entry.state = static_cast<EntryState>(7);
  EXPECT_FALSE(entry.usable(UnixSeconds{0}));
}

}  // namespace
}  // namespace keyfence
