#include "libs/policy/slow_policy.h"

#include <gtest/gtest.h>

namespace keyfence {
namespace {

constexpr UnixSeconds kNow{1'000};

IpRange range(std::uint32_t first, std::uint32_t last) {
  return *IpRange::make(IpAddress::v4(first), IpAddress::v4(last));
}

PolicyEntry entry(std::uint64_t id, IpRange admitted) {
  return {EntryId(id), admitted, EntryState::kEnabled, std::nullopt};
}

// Every list of up to three entries over four addresses, each entry absent, usable, disabled or expired: the verdict
// is what the definition of design part 3 says, read out as it stands.
TEST(ListVerdict, IsTheDefinitionOverASmallWorld) {
  constexpr std::uint32_t kAddresses = 4;
  enum Kind { kAbsent, kUsable, kDisabled, kExpired, kKinds };
  std::vector<std::vector<PolicyEntry>> choices;
  for (std::uint32_t first = 0; first < kAddresses; ++first) {
    for (std::uint32_t last = first; last < kAddresses; ++last) {
      for (int kind = kAbsent; kind < kKinds; ++kind) {
        if (kind == kAbsent) {
          choices.emplace_back();
          continue;
        }
        PolicyEntry one = entry(1, range(first, last));
        if (kind == kDisabled) one.state = EntryState::kDisabled;
        if (kind == kExpired) one.expires_at = kNow;
        choices.push_back({one});
      }
    }
  }
  std::size_t compared = 0;
  for (const auto& a : choices) {
    for (const auto& b : choices) {
      Allowlist list;
      for (const auto* part : {&a, &b}) list.entries.insert(list.entries.end(), part->begin(), part->end());
      for (const WhenEmpty when_empty : {WhenEmpty::kDeny, WhenEmpty::kAllow}) {
        list.when_empty = when_empty;
        for (std::uint32_t address = 0; address < kAddresses; ++address) {
          bool expected = list.entries.empty() && when_empty == WhenEmpty::kAllow;
          for (const PolicyEntry& one : list.entries) {
            const bool usable = one.state == EntryState::kEnabled && (!one.expires_at || kNow < *one.expires_at);
            if (usable && one.range.first().v4_number() <= address && address <= one.range.last().v4_number()) {
              expected = true;
            }
          }
          const ListVerdict verdict = list_verdict(list, IpAddress::v4(address), kNow);
          ASSERT_EQ(verdict.admits, expected);
          ASSERT_EQ(verdict.has_entries, !list.entries.empty());
          ++compared;
        }
        ASSERT_EQ(list_verdict(list, std::nullopt, kNow).admits,
                  list.entries.empty() && when_empty == WhenEmpty::kAllow);
      }
    }
  }
  EXPECT_EQ(compared, choices.size() * choices.size() * 2 * kAddresses);
}

TEST(MatchingEntry, IsTheMostSpecificThenTheOldest) {
  Allowlist list;
  list.entries = {entry(5, range(0, 100)), entry(4, range(10, 20)), entry(3, range(5, 15)), entry(9, range(12, 12))};
  const auto match = [&list](std::uint32_t address) {
    const PolicyEntry* found = matching_entry(list, IpAddress::v4(address), kNow);
    return found == nullptr ? 0 : found->id.value();
  };
  EXPECT_EQ(match(12), 9U);  // one address
  EXPECT_EQ(match(11), 3U);  // two of eleven addresses: the older
  EXPECT_EQ(match(18), 4U);
  EXPECT_EQ(match(50), 5U);
  EXPECT_EQ(match(101), 0U);
  list.entries[3].state = EntryState::kDisabled;
  EXPECT_EQ(match(12), 3U);
  list.entries[2].expires_at = kNow;
  EXPECT_EQ(match(12), 4U);
}

TEST(MatchingEntry, ComparesBreadthOverAllOfIpv6) {
  Allowlist list;
  list.entries = {entry(1, IpRange::all(IpFamily::kV6)), entry(2, IpRange::single(IpAddress::v6(uint128{1} << 127)))};
  EXPECT_EQ(matching_entry(list, IpAddress::v6(uint128{1} << 127), kNow)->id, EntryId(2));
  EXPECT_EQ(matching_entry(list, IpAddress::v6(1), kNow)->id, EntryId(1));
  EXPECT_EQ(matching_entry(list, IpAddress::v4(1), kNow), nullptr);
}

TEST(SlowPolicy, FactsOfAKeyTakeTheAccountsStyleOverTheInstances) {
  const AccountPolicy with{AccountId(1), AccountState::kActive, ErrorStyle::kFlat, {}};
  const AccountPolicy without{AccountId(2), AccountState::kActive, std::nullopt, {}};
  const KeyPolicy first{KeyId(3), AccountId(1), sha256("1"), KeyState::kActive, UnixSeconds{5}, {}, {}};
  const KeyPolicy second{KeyId(4), AccountId(2), sha256("2"), KeyState::kActive, std::nullopt, {}, {}};
  const SlowPolicy policy(Revision{1}, {ErrorStyle::kProblem, {}}, {with, without}, {first, second});
  const auto facts = [&policy](std::string_view secret) { return policy.facts(policy.find_key(sha256(secret))); };
  EXPECT_EQ(facts("1").error_style, ErrorStyle::kFlat);
  EXPECT_EQ(facts("1").expires_at, UnixSeconds{5});
  EXPECT_EQ(facts("2").error_style, ErrorStyle::kProblem);
  EXPECT_EQ(facts("2").expires_at, UnixSeconds{0xFFFFFFFF});
  EXPECT_EQ(policy.find_key(sha256("3")), nullptr);
}

TEST(SlowPolicy, KeyOfNoAccountIsRefusedByTheAccountsList) {
  const KeyPolicy key{KeyId(3), AccountId(1), sha256("1"), KeyState::kActive, std::nullopt, {}, {}};
  const SlowPolicy policy(Revision{1}, {}, {}, {key});
  const auto ref = policy.find_key(sha256("1"));
  EXPECT_EQ(policy.facts(ref).account_state, AccountState::kSuspended);
  EXPECT_EQ(policy.account_verdict(ref, IpAddress::v4(1), kNow).mode, ListMode::kEnforce);
  EXPECT_FALSE(policy.account_verdict(ref, IpAddress::v4(1), kNow).admits);
}

TEST(SlowPolicy, RequiresEveryScope) {
  const KeyPolicy key{KeyId(3), AccountId(1), sha256("1"), KeyState::kActive, std::nullopt, {"a", "b"}, {}};
  const SlowPolicy policy(Revision{1}, {}, {}, {key});
  const auto ref = policy.find_key(sha256("1"));
  EXPECT_TRUE(policy.has_scopes(ref, {}));
  EXPECT_TRUE(policy.has_scopes(ref, std::array{scope_tag("b"), scope_tag("a")}));
  EXPECT_FALSE(policy.has_scopes(ref, std::array{scope_tag("a"), scope_tag("c")}));
}

}  // namespace
}  // namespace keyfence
