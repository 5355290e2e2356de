// The part of the contract that needs threads.
#include <atomic>
#include <thread>

#include "libs/store/testing/control_store_contract.h"
#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

constexpr int kWriters = 8;
constexpr int kChangesEach = 60;

}  // namespace

TEST_P(ControlStoreContract, ConcurrentWritersAndPollingReaderLoseNoRevision) {
  const AccountRow account = add_account("acme");
  PolicyModel by_callback = PolicyModel::snapshot_of(store());
  store().on_committed([&](std::span<const PolicyChange> changes) {
    for (const PolicyChange& change : changes) by_callback.apply(change);
  });
  Revision last = by_callback.revision;
  std::atomic<int> writing = kWriters;
  std::vector<std::vector<std::uint64_t>> answered(kWriters);
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kChangesEach; ++i) {
        const bool fails = i % 7 == 3;
        const StoreResult<Committed> result = store().transact([&](Transaction& t) -> StoreResult<void> {
          const KeyRow key = new_key(account.id, "key");
          if (StoreResult<void> inserted = t.insert_key(key); !inserted) return inserted;
          if (fails) return Err{StoreError{StoreError::Code::kPrecondition, "no", ""}};
          t.audit_line(new_audit_line("key.create", key.id.text()));
          return t.insert_entry(ListRef::of(key.id), new_entry("10.0.0.1"));
        });
        EXPECT_EQ(result.ok(), !fails);
        if (result) answered[static_cast<std::size_t>(w)].push_back(result->revision.value);
      }
      --writing;
    });
  }
  std::vector<std::uint64_t> polled;
  while (true) {
    const bool over = writing == 0;
    const std::vector<ChangeRow> rows = store().changes(last, 13).value();
    for (const ChangeRow& row : rows) {
      EXPECT_EQ(row.revision.value, last.value + 1) << "gapless as seen by a reader";
      last = row.revision;
      polled.push_back(row.revision.value);
    }
    if (over && rows.empty()) break;
  }
  for (std::thread& writer : writers) writer.join();

  std::vector<std::uint64_t> all_answered;
  for (const auto& revisions : answered) {
    EXPECT_TRUE(std::is_sorted(revisions.begin(), revisions.end()));
    all_answered.insert(all_answered.end(), revisions.begin(), revisions.end());
  }
  std::sort(all_answered.begin(), all_answered.end());
  EXPECT_EQ(polled, all_answered) << "every acknowledged change is in the feed, once";
  EXPECT_EQ(store().audit({}, {0, 100'000})->size(), all_answered.size());
  EXPECT_EQ(PolicyModel::snapshot_of(store()), by_callback);
  EXPECT_TRUE(store().verify().ok());
}

TEST_P(ControlStoreContract, SnapshotIsOfOneRevisionWhileWritesGoOn) {
  const AccountRow account = add_account("acme");
  std::atomic<bool> stop = false;
  // Each change set adds one key to both of two accounts' worth of state: an entry of the global list for each key.
  std::thread writer([&] {
    std::uint32_t i = 0;
    while (!stop) {
      change([&](Transaction& t) -> StoreResult<void> {
        EntryRow entry = new_entry("::1");
        entry.range = IpRange::single(IpAddress::v4(i++));
        EXPECT_TRUE(t.insert_key(new_key(account.id, "key")).ok());
        return t.insert_entry(ListRef::global(), entry);
      });
    }
  });
  for (int i = 0; i < 30; ++i) {
    const PolicyModel model = PolicyModel::snapshot_of(store());
    EXPECT_EQ(model.keys.size(), model.instance.allowlist.entries.size());
    EXPECT_EQ(model.revision.value, model.keys.size() + 1);
  }
  stop = true;
  writer.join();
}

}  // namespace keyfence::testing
