#include <gtest/gtest.h>

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "libs/usage/retrying_store.h"
#include "libs/usage/usage_store_fixture.h"

// The files of the days: which retention removes, and what a damaged, locked or unfinished one does to the others.
namespace keyfence {
namespace {

TEST_F(UsageStoreTest, EvidenceSumsOverDaysAndSurvivesRetention) {
  store(requests(300, kDay / 100));
  const auto count = [this] {
    const std::vector<KeyId> keys = {KeyId(1000), KeyId(5)};
    const std::vector<EntryId> entries = {EntryId(7)};
    const auto key = store_->key_evidence(keys);
    const auto entry = store_->entry_evidence(entries);
    EXPECT_TRUE(key && entry && (*key)[0] && (*entry)[0]);
    EXPECT_FALSE((*key)[1]);
    return std::tuple((*key)[0]->allowed.hits, (*key)[0]->denied.hits, (*entry)[0]->hits, (*entry)[0]->first_at,
                      (*entry)[0]->last_at, (*key)[0]->last_address);
  };
  const auto before = count();
  EXPECT_EQ(std::get<0>(before) + std::get<1>(before), 75U);
  EXPECT_EQ(std::get<2>(before), 200U);
  UsageRetention retention;
  retention.age_max = std::chrono::days(1);
  ASSERT_TRUE(store_->apply_retention(retention, Timestamp{kNoon.micros + 4 * kDay}));
  EXPECT_LT(all().size(), 100U);
  EXPECT_EQ(count(), before);
  reopen();
  EXPECT_EQ(count(), before);
}

TEST_F(UsageStoreTest, RetentionBySizeRemovesTheOldestDaysAndKeepsToday) {
  store(requests(300, kDay / 100));
  store_.reset();  // the journals go into the files
  UsageRetention retention;
  retention.bytes_max = std::filesystem::file_size(dir_ / "usage" / "usage-2026-02-17.db") * 2;
  reopen();
  ASSERT_TRUE(store_->apply_retention(retention, Timestamp{kNoon.micros + 2 * kDay}));
  std::set<std::uint64_t> days;
  for (const StoredRecord& record : all()) days.insert(record.day);
  ASSERT_FALSE(days.empty());
  EXPECT_GT(*days.begin(), 20'500U);
  EXPECT_TRUE(days.contains(20'502U));
}

TEST_F(UsageStoreTest, RetentionBySizeWithinADayRemovesTheOldestRecordsAndKeepsTheirEvidence) {
  store(requests(60'000, 10));
  const auto hits = [this] { return store_->entry_evidence(std::vector{EntryId(7)}).value()[0]->hits; };
  const std::uint64_t before = hits();
  UsageRetention retention;
  retention.bytes_max = 3 << 20;
  for (int call = 0; call < 5; ++call) ASSERT_TRUE(store_->apply_retention(retention, kNoon));
  const auto left = all();
  ASSERT_FALSE(left.empty());
  EXPECT_LT(left.size(), 50'000U);
  for (std::size_t i = 0; i < left.size(); ++i) ASSERT_EQ(left[i].record.bytes_sent, 59'999 - i);
  EXPECT_EQ(hits(), before);
}

TEST_F(UsageStoreTest, RecordsThatComeAfterTheirDayWasRemovedCountLikeOthers) {
  const auto hits = [this] { return store_->entry_evidence(std::vector{EntryId(7)}).value()[0]->hits; };
  UsageRetention retention;
  retention.age_max = std::chrono::days(1);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    store(requests(30, kSecond));
    EXPECT_EQ(all().size(), 30U);
    ASSERT_TRUE(store_->apply_retention(retention, Timestamp{kNoon.micros + 5 * kDay}));
    EXPECT_EQ(all().size(), 0U);
    reopen();
    EXPECT_EQ(hits(), 20 * round);
  }
}

TEST_F(UsageStoreTest, AFileWhoseMakingWasCutOffIsMadeAnew) {
  store_.reset();
  const std::filesystem::path file = file_of_noon();
  sqlite3* half = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &half), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(half, "PRAGMA application_id = 1262900529; PRAGMA user_version = 2;", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(half);
  reopen();
  EXPECT_TRUE(all().empty());
  store({request(1, kNoon)});
  EXPECT_EQ(all().size(), 1U);
  EXPECT_TRUE(store_->stats()->set_aside.empty());
}

TEST_F(UsageStoreTest, ADamagedDayIsSetAsideAndTheRestGoesOn) {
  store(requests(300, kDay / 100));
  const std::size_t whole = all().size();
  store_.reset();
  std::vector<std::filesystem::path> files;
  for (const auto& item : std::filesystem::directory_iterator(dir_ / "usage")) {
    if (item.path().filename().string().starts_with("usage-2") && item.path().extension() == ".db") {
      files.push_back(item.path());
    }
  }
  ASSERT_GT(files.size(), 2U);
  std::ofstream(files[0], std::ios::binary | std::ios::trunc) << std::string(9000, 'x');
  reopen();
  EXPECT_LT(all().size(), whole);
  EXPECT_GT(all().size(), 0U);
  EXPECT_EQ(store_->stats()->set_aside.size(), 1U);
  store(requests(300, kDay / 100));  // the damaged day is written anew
  EXPECT_GT(all().size(), whole);
}

TEST_F(UsageStoreTest, AFileCutShortIsSetAside) {
  store(requests(60'000, 10));
  store_.reset();
  const std::filesystem::path file = file_of_noon();
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 3);
  reopen();
  EXPECT_EQ(store_->stats()->set_aside.size(), 1U);
  store({request(1, kNoon)});
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(UsageStoreTest, ADamagedPageThatAQueryMeetsTakesItsDayAsideAndTheOthersGoOn) {
  auto items = requests(60'000, 10);
  store(items);
  for (StorableRecord& item : items) item.record.at.micros += kDay;
  store(items);
  store_.reset();
  const std::filesystem::path file = file_of_noon();
  ASSERT_TRUE(std::filesystem::exists(file));
  const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(file) / 2 / 4096 * 4096);
  {
    std::fstream damaged(file, std::ios::binary | std::ios::in | std::ios::out);
    damaged.seekp(middle);
    damaged << std::string(6 * 4096, '\xAB');
  }
  reopen();
  (void)store_->query({}, std::nullopt, 1'000'000, [](const StoredRecord&) { return true; });
  store({request(1, Timestamp{kNoon.micros + 2 * kDay})});
  EXPECT_EQ(store_->stats()->set_aside.size(), 1U);
  EXPECT_EQ(all().size(), 60'001U);
}

TEST_F(UsageStoreTest, ADayWhoseEvidenceIsDamagedDoesNotStopRetention) {
  auto items = requests(60'000, 10);
  store(items);
  store({request(1, Timestamp{kNoon.micros + kDay})});
  const std::filesystem::path file = file_of_noon();
  store_.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  sqlite3_stmt* root = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'evidence'", -1, &root, nullptr),
            SQLITE_OK);
  ASSERT_EQ(sqlite3_step(root), SQLITE_ROW);
  const std::int64_t page = sqlite3_column_int64(root, 0);
  sqlite3_finalize(root);
  sqlite3_close(db);
  reopen();  // before the damage, so that the look at start does not find it
  {
    std::fstream damaged(file, std::ios::binary | std::ios::in | std::ios::out);
    damaged.seekp((page - 1) * 4096);
    damaged << std::string(4096, '\xAB');
  }
  UsageRetention retention;
  retention.age_max = std::chrono::days(1);
  ASSERT_TRUE(store_->apply_retention(retention, Timestamp{kNoon.micros + 2 * kDay}));
  EXPECT_EQ(store_->stats()->set_aside.size(), 1U);
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(UsageStoreTest, ALockOfAnotherProcessIsWaitedFor) {
  store({request(1, kNoon)});
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_of_noon().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  std::thread unlock([other] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  });
  EXPECT_EQ(all().size(), 1U);  // reads go on
  store({request(2, kNoon)});
  unlock.join();
  sqlite3_close(other);
  EXPECT_EQ(all().size(), 2U);
}

TEST_F(UsageStoreTest, AStoreThatCannotBeOpenedYetSaysWhyAndIsOpenedLater) {
  const std::filesystem::path dir = dir_ / "later";
  std::ofstream(dir) << "in the way";
  const auto later = open_when_possible([dir] { return open_sqlite_usage_store(dir); });
  EXPECT_FALSE(later->stats());
  EXPECT_FALSE(later->stored_up_to(1, 1));
  std::filesystem::remove(dir);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_TRUE(later->stats());
  EXPECT_TRUE(std::filesystem::exists(dir / "usage-meta.db"));
}

}  // namespace
}  // namespace keyfence
