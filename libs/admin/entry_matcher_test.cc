#include "libs/admin/entry_matcher.h"

#include "libs/admin/testing/api_fixture.h"
#include "libs/admin/testing/counting_store.h"

namespace keyfence {
namespace {

class EntryMatching : public ApiFixture {
 protected:
  // Entries of the global list: 10.0.0.0, 10.0.0.1, …
  void add_entries(std::size_t count) {
    const auto done = store_->transact([&](Transaction& tx) -> StoreResult<void> {
      for (std::size_t i = 0; i < count; ++i) {
        EntryRow row;
        row.id = EntryId(ids_.next());
        row.range = IpRange::single(IpAddress::v4(static_cast<std::uint32_t>(0x0A000000U + added_++)));
        row.text = row.range.text();
        row.state = EntryState::kEnabled;
        if (auto put = tx.insert_entry(ListRef::global(), row); !put) return put;
        newest_ = row.id;
      }
      return {};
    });
    ASSERT_TRUE(done.ok());
  }
  EntryId match_newest() {
    UsageRecord record;
    record.at = clock_.now();
    record.address = IpAddress::v4(static_cast<std::uint32_t>(0x0A000000U + added_ - 1));
    record.decision.key = KeyId(1);
    record.decision.account = AccountId(1);
    record.decision.revision = *store_->revision();
    return matcher_.match(record).global;
  }

  CountingStore counting_{*store_};
  EntryMatcher matcher_{counting_, clock_};
  std::size_t added_ = 0;
  EntryId newest_;
};

TEST_F(EntryMatching, AShortListIsReadAtOnceWhenItHasChanged) {
  for (int i = 0; i < 5; ++i) {
    add_entries(1);
    EXPECT_EQ(match_newest(), newest_);
    EXPECT_EQ(match_newest(), newest_);
  }
  EXPECT_EQ(counting_.entries_read, 1U + 2 + 3 + 4 + 5);
}

TEST_F(EntryMatching, ALongListThatChangesAllTheTimeIsReadOnceASecond) {
  add_entries(EntryMatcher::kLongList);
  EXPECT_EQ(match_newest(), newest_);
  const std::size_t once = counting_.entries_read;
  EXPECT_EQ(once, EntryMatcher::kLongList);
  for (int i = 0; i < 20; ++i) {
    add_entries(1);
    static_cast<void>(match_newest());
  }
  EXPECT_EQ(counting_.entries_read, once);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(match_newest(), newest_);
  EXPECT_EQ(counting_.entries_read, 2 * once + 20);
}

}  // namespace
}  // namespace keyfence
