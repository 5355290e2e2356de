#include "libs/publish/long_lists.h"

#include <gmock/gmock.h>

#include "libs/store/testing/policy_model.h"

namespace keyfence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PolicyEntry entry(std::uint64_t id, std::uint32_t address) {
  return {EntryId(id), IpRange::single(IpAddress::v4(address)), EntryState::kEnabled, std::nullopt};
}

std::vector<std::uint64_t> ids_of(const Allowlist& list) {
  std::vector<std::uint64_t> ids;
  for (const PolicyEntry& one : list.entries) ids.push_back(one.id.value());
  return ids;
}

ListDelta delta_of(std::vector<PolicyEntry> upserted, std::vector<EntryId> removed) {
  ListDelta delta;
  delta.ref = ListRef::global();
  delta.upserted = std::move(upserted);
  delta.removed = std::move(removed);
  return delta;
}

AccountPolicy active(AccountId id) {
  AccountPolicy policy;
  policy.id = id;
  policy.state = AccountState::kActive;
  return policy;
}

TEST(ApplyDelta, KeepsEntriesInOrderOfId) {
  Allowlist list{ListMode::kEnforce, WhenEmpty::kAllow, {entry(2, 2), entry(4, 4), entry(6, 6)}};
  ASSERT_TRUE(apply_delta(list, delta_of({entry(3, 3), entry(4, 40), entry(9, 9)}, {EntryId(2)})));
  EXPECT_THAT(ids_of(list), ElementsAre(3, 4, 6, 9));
  EXPECT_EQ(list.entries[1], entry(4, 40));
}

TEST(ApplyDelta, DoesTheSameForManyAsForFew) {
  for (const std::size_t count : {1U, 3U, 8U, 9U, 40U}) {
    Allowlist list;
    std::vector<PolicyEntry> upserted;
    std::vector<EntryId> removed;
    for (std::uint64_t id = 1; id <= 100; ++id) list.entries.push_back(entry(2 * id, 1));
    for (std::uint64_t i = 1; i <= count; ++i) {
      upserted.push_back(entry(3 * i, 7));  // every second one stands already
      removed.push_back(EntryId(120 + 2 * i));
    }
    std::map<EntryId, PolicyEntry> expected;
    for (const PolicyEntry& one : list.entries) expected.insert_or_assign(one.id, one);
    for (const PolicyEntry& one : upserted) expected.insert_or_assign(one.id, one);
    for (const EntryId id : removed) expected.erase(id);
    std::vector<PolicyEntry> expected_entries;
    expected_entries.reserve(expected.size());
    for (const auto& [id, one] : expected) expected_entries.push_back(one);
    ASSERT_TRUE(apply_delta(list, delta_of(upserted, removed)));
    EXPECT_EQ(list.entries, expected_entries) << count;
  }
}

TEST(ApplyDelta, AddingToTheEndDoesNotMoveWhatStands) {
  Allowlist list;
  list.entries.reserve(100);
  list.entries.push_back(entry(1, 1));
  const PolicyEntry* const before = list.entries.data();
  ASSERT_TRUE(apply_delta(list, delta_of({entry(2, 2), entry(3, 3)}, {})));
  EXPECT_EQ(list.entries.data(), before);
  EXPECT_THAT(ids_of(list), ElementsAre(1, 2, 3));
}

TEST(ApplyDelta, ReplacesAll) {
  Allowlist list{ListMode::kOff, WhenEmpty::kAllow, {entry(2, 2)}};
  ListDelta delta = delta_of({entry(1, 1)}, {});
  delta.replaces_all = true;
  delta.mode = ListMode::kMonitor;
  delta.when_empty = WhenEmpty::kDeny;
  ASSERT_TRUE(apply_delta(list, delta));
  EXPECT_EQ(list, (Allowlist{ListMode::kMonitor, WhenEmpty::kDeny, {entry(1, 1)}}));
}

TEST(ApplyDelta, RefusesToRemoveWhatDoesNotStand) {
  Allowlist list{ListMode::kEnforce, WhenEmpty::kAllow, {entry(2, 2)}};
  EXPECT_FALSE(apply_delta(list, delta_of({}, {EntryId(3)})));
  std::vector<EntryId> many(20, EntryId(3));
  EXPECT_FALSE(apply_delta(list, delta_of({}, many)));
}

TEST(LongLists, SeveralRevisionsPutEachObjectOnce) {
  LongLists lists;
  KeyPolicy key;
  key.account = AccountId(1);
  key.digest.bytes[0] = 1;
  std::vector<PolicyChange> changes(3);
  changes[0].revision = {1};
  changes[0].accounts = {active(AccountId(1)), active(AccountId(2))};
  changes[0].keys = {key};
  changes[1].revision = {2};
  changes[1].lists = {delta_of({entry(1, 1)}, {})};
  key.state = KeyState::kActive;
  changes[1].keys = {key};
  changes[2].revision = {3};
  changes[2].lists = {delta_of({entry(2, 1)}, {})};
  changes[2].removed_accounts = {AccountId(2)};
  const std::optional<ImageChange> change = lists.apply(changes);
  ASSERT_TRUE(change.has_value());
  EXPECT_TRUE(change->instance);
  EXPECT_THAT(ids_of(lists.instance().allowlist), ElementsAre(1, 2));
  EXPECT_THAT(change->put_accounts, ElementsAre(AccountId(1)));
  EXPECT_THAT(change->removed_accounts, IsEmpty()) << "the image never knew it";
  ASSERT_EQ(change->put_keys.size(), 1U);
  EXPECT_EQ(change->put_keys[0], changes[1].keys.data()) << "the last state, not copied";
  EXPECT_EQ(change->revision, Revision{3});
}

TEST(LongLists, RefusesWhatDoesNotFit) {
  LongLists lists;
  PolicyChange change;
  change.revision = {1};
  KeyPolicy key;
  key.account = AccountId(7);
  change.keys = {key};
  EXPECT_FALSE(lists.apply({&change, 1}).has_value()) << "a key of no account";
  change.keys.clear();
  ListDelta delta;
  delta.ref = ListRef::of(AccountId(7));
  change.lists = {delta};
  EXPECT_FALSE(lists.apply({&change, 1}).has_value()) << "a list of no account";
}

}  // namespace
}  // namespace keyfence
