// The part of the contract about change sets: all or nothing, what they become, and what they add up to.
#include <gmock/gmock.h>

#include "libs/store/testing/control_store_contract.h"
#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/random_changes.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = StoreError::Code;

std::vector<EntryId> ids_of(const std::vector<PolicyEntry>& entries) {
  std::vector<EntryId> ids;
  ids.reserve(entries.size());
  for (const PolicyEntry& entry : entries) ids.push_back(entry.id);
  return ids;
}

}  // namespace

TEST_P(ControlStoreContract, FailedWorkLeavesNothing) {
  const AccountRow account = add_account("acme");
  const KeyRow key = add_key(account.id, "key");
  const PolicyModel before = PolicyModel::snapshot_of(store());
  std::size_t told = 0;
  store().on_committed([&](std::span<const PolicyChange> changes) { told += changes.size(); });
  const StoreResult<Committed> result = store().transact([&](Transaction& t) -> StoreResult<void> {
    EXPECT_TRUE(t.insert_entry(ListRef::of(key.id), new_entry("10.0.0.1")).ok());
    EXPECT_TRUE(t.insert_key(new_key(account.id, "other")).ok());
    EXPECT_TRUE(t.insert_token(new_token("token")).ok());
    return t.insert_account(new_account("acme"));
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(PolicyModel::snapshot_of(store()), before);
  EXPECT_EQ(store().revision().value(), before.revision);
  EXPECT_EQ(store().list(ListRef::of(key.id))->entry_count, 0U);
  EXPECT_THAT(store().tokens({}).value(), IsEmpty());
  EXPECT_THAT(store().keys(std::nullopt, "other", {}).value(), IsEmpty());
  EXPECT_THAT(store().audit({}, {}).value(), IsEmpty());
  EXPECT_EQ(told, 0U);
  EXPECT_TRUE(store().verify().ok());
}

TEST_P(ControlStoreContract, WorkThatThrowsFailsAlone) {
  const StoreResult<Committed> result = store().transact([](Transaction& t) -> StoreResult<void> {
    EXPECT_TRUE(t.insert_account(new_account("never")).ok());
    throw std::runtime_error("a defect");
  });
  EXPECT_EQ(result.error().code, Code::kFailed);
  EXPECT_FALSE(store().account_by_name("never").value().has_value());
  static_cast<void>(add_account("next"));
}

TEST_P(ControlStoreContract, DeletedAccountTakesItsKeysAndListsAlong) {
  const AccountRow account = add_account("acme");
  const AccountRow other = add_account("other");
  const KeyRow key = add_key(account.id, "key");
  const KeyRow stays = add_key(other.id, "stays");
  static_cast<void>(add_entry(ListRef::of(key.id), "10.0.0.1"));
  static_cast<void>(add_entry(ListRef::of(account.id), "10.0.0.0/8"));
  change([&](Transaction& t) { return t.delete_account(account.id); });
  EXPECT_EQ(store().key(key.id).error().code, Code::kNotFound);
  EXPECT_EQ(store().list(ListRef::of(key.id)).error().code, Code::kNotFound);
  EXPECT_EQ(store().list(ListRef::of(account.id)).error().code, Code::kNotFound);
  EXPECT_TRUE(store().key(stays.id).ok());
  EXPECT_TRUE(store().verify().ok());
  EXPECT_EQ(PolicyModel::snapshot_of(store()), PolicyModel::fold_of(store()));
}

TEST_P(ControlStoreContract, RotatedKeyRemovesItsOldDigest) {
  const AccountRow account = add_account("acme");
  KeyRow key = add_key(account.id, "key");
  const KeyDigest old = key.digest;
  std::vector<PolicyChange> told;
  store().on_committed([&](std::span<const PolicyChange> changes) { told.assign(changes.begin(), changes.end()); });
  key.digest = new_digest();
  change([&](Transaction& t) { return t.update_key(key); });
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].removed_digests, ElementsAre(old));
  ASSERT_THAT(told[0].keys, SizeIs(1));
  EXPECT_EQ(told[0].keys[0].digest, key.digest);
}

TEST_P(ControlStoreContract, DigestThatMovesToAnotherKeyIsNotRemoved) {
  const AccountRow account = add_account("acme");
  KeyRow first = add_key(account.id, "first");
  KeyRow second = add_key(account.id, "second");
  change([&](Transaction& t) -> StoreResult<void> {
    const KeyDigest moved = first.digest;
    first.digest = new_digest();
    EXPECT_TRUE(t.update_key(first).ok());
    second.digest = moved;
    return t.update_key(second);
  });
  EXPECT_EQ(PolicyModel::snapshot_of(store()), PolicyModel::fold_of(store()));
}

TEST_P(ControlStoreContract, LongListsChangeByWhatIsDifferent) {
  const EntryRow first = add_entry(ListRef::global(), "10.0.0.1");
  static_cast<void>(add_entry(ListRef::global(), "10.0.0.2"));
  std::vector<PolicyChange> told;
  store().on_committed([&](std::span<const PolicyChange> changes) { told.assign(changes.begin(), changes.end()); });
  const EntryRow third = new_entry("10.0.0.3");
  change([&](Transaction& t) -> StoreResult<void> {
    const EntryRow fleeting = new_entry("10.0.0.4");
    EXPECT_TRUE(t.insert_entry(ListRef::global(), fleeting).ok());
    EXPECT_TRUE(t.delete_entry(ListRef::global(), fleeting.id).ok());
    EXPECT_TRUE(t.delete_entry(ListRef::global(), first.id).ok());
    return t.insert_entry(ListRef::global(), third);
  });
  ASSERT_THAT(told, SizeIs(1));
  ASSERT_THAT(told[0].lists, SizeIs(1));
  EXPECT_FALSE(told[0].lists[0].replaces_all);
  EXPECT_THAT(ids_of(told[0].lists[0].upserted), ElementsAre(third.id));
  EXPECT_THAT(told[0].lists[0].removed, ElementsAre(first.id));
  change([&](Transaction& t) -> StoreResult<void> {
    EXPECT_TRUE(t.delete_entries(ListRef::global()).ok());
    return t.insert_entry(ListRef::global(), new_entry("10.0.0.1"));
  });
  EXPECT_TRUE(told[0].lists[0].replaces_all);
  EXPECT_THAT(told[0].lists[0].upserted, SizeIs(1));
  EXPECT_THAT(told[0].lists[0].removed, IsEmpty());
}

TEST_P(ControlStoreContract, CallbackComesBeforeTheAnswerInOrderOfRevision) {
  std::vector<std::uint64_t> told;
  store().on_committed([&](std::span<const PolicyChange> changes) {
    for (const PolicyChange& change : changes) told.push_back(change.revision.value);
  });
  for (std::uint64_t i = 1; i <= 5; ++i) {
    static_cast<void>(add_account("account " + std::to_string(i)));
    ASSERT_EQ(told.size(), i);
    EXPECT_EQ(told.back(), i);
  }
}

TEST_P(ControlStoreContract, ImportIsOneRevision) {
  const Committed committed = change([](Transaction& t) -> StoreResult<void> {
    for (std::uint32_t i = 0; i < 5'000; ++i) {
      EntryRow row = new_entry("::1");
      row.range = IpRange::single(IpAddress::v4(0x0A00'0000 + i));
      if (StoreResult<void> inserted = t.insert_entry(ListRef::global(), row); !inserted) return inserted;
    }
    return {};
  });
  EXPECT_EQ(committed.revision, Revision{1});
  EXPECT_EQ(store().list(ListRef::global())->entry_count, 5'000U);
  EXPECT_THAT(store().changes({}, 10).value(), SizeIs(1));
  EXPECT_EQ(PolicyModel::snapshot_of(store()), PolicyModel::fold_of(store()));
}

TEST_P(ControlStoreContract, SnapshotEqualsTheModelAndTheFoldOfTheFeed) {
  RandomChanges changes(20'260'301);
  PolicyModel by_callback;
  store().on_committed([&](std::span<const PolicyChange> told) {
    for (const PolicyChange& change : told) by_callback.apply(change);
  });
  for (int round = 0; round < 20; ++round) {
    for (int step = 0; step < 25; ++step) changes.step(store());
    const PolicyModel snapshot = PolicyModel::snapshot_of(store());
    ASSERT_EQ(snapshot, changes.expected());
    ASSERT_EQ(snapshot, by_callback);
  }
  EXPECT_EQ(PolicyModel::fold_of(store()), changes.expected());
  EXPECT_GT(changes.expected().keys.size(), 5U) << "the walk must have met something";
  const StoreResult<void> verified = store().verify();
  EXPECT_TRUE(verified.ok()) << verified.error().detail;
}

TEST_P(ControlStoreContract, ReopenedStoreIsEqual) {
  RandomChanges changes(7);
  for (int step = 0; step < 100; ++step) changes.step(store());
  const std::uint64_t epoch = store().instance()->epoch;
  const std::vector<AuditRow> audit = store().audit({}, {0, 1000}).value();
  reopen();
  EXPECT_EQ(store().instance()->epoch, epoch);
  EXPECT_EQ(PolicyModel::snapshot_of(store()), changes.expected());
  EXPECT_EQ(PolicyModel::fold_of(store()), changes.expected());
  EXPECT_EQ(store().audit({}, {0, 1000}).value().size(), audit.size());
  changes.step(store());
  EXPECT_EQ(PolicyModel::snapshot_of(store()), changes.expected());
}

}  // namespace keyfence::testing
