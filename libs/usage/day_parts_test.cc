#include <gtest/gtest.h>

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "libs/usage/usage_store_fixture.h"

namespace keyfence {
namespace {

constexpr std::uint64_t kRowsOfAPart = 65'536;

class DayPartsTest : public UsageStoreTest {
 protected:
  void change(const std::string& statements) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file_of_noon().c_str(), &db), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(db, statements.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
    sqlite3_free(message);
    sqlite3_close(db);
  }

  std::int64_t number(const std::string& query) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(file_of_noon().c_str(), &db), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, query.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const std::int64_t answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
  }

  // Every record of a key or an account stands in its index once, and nothing else does.
  void expect_a_whole_index() {
    EXPECT_EQ(number("SELECT count(*) FROM by_key"), number("SELECT count(*) FROM records WHERE key IS NOT NULL"));
    EXPECT_EQ(number("SELECT count(*) FROM by_key_errors"),
              number("SELECT count(*) FROM records WHERE key IS NOT NULL AND status >= 400"));
    EXPECT_EQ(number("SELECT count(*) FROM by_account"),
              number("SELECT count(*) FROM records WHERE account IS NOT NULL"));
    for (const char* strays : {
             "SELECT count(*) FROM by_key LEFT JOIN records AS r ON r.id = record AND key = owner WHERE r.id IS NULL",
             "SELECT count(*) FROM by_key_errors LEFT JOIN records AS r ON r.id = record AND key = owner WHERE r.id IS "
             "NULL",
             "SELECT count(*) FROM by_account LEFT JOIN records AS r ON r.id = record AND account = owner "
             "WHERE r.id IS NULL",
             "SELECT count(*) FROM by_key AS i WHERE i.part <> (SELECT max(p.part) FROM parts AS p WHERE first <= "
             "record)",
             "SELECT count(*) FROM by_key_errors AS i WHERE i.part <> (SELECT max(p.part) FROM parts AS p WHERE first "
             "<= record)",
             "SELECT count(*) FROM by_account AS i WHERE i.part <> (SELECT max(p.part) FROM parts AS p WHERE first <= "
             "record)",
         }) {
      EXPECT_EQ(number(strays), 0) << strays;
    }
  }

  // What each way into the log answers, a page at a time, is what a scan of all of it does.
  void expect_pages_as_a_scan_has_them() {
    const std::vector<StoredRecord> everything = all();
    std::vector<UsageFilter> filters(4);
    filters[0].key = KeyId(1001);
    filters[1].account = AccountId(101);
    filters[2].key = KeyId(1002), filters[2].status_min = 400;
    filters[3].key = KeyId(1003), filters[3].from = Timestamp{kNoon.micros + 2 * kSecond};
    filters[3].until = Timestamp{kNoon.micros + 3 * kSecond};
    for (std::size_t i = 0; i < filters.size(); ++i) {
      const UsageFilter& f = filters[i];
      std::vector<UsageCursor> expected;
      for (const StoredRecord& r : everything) {
        const bool matches = (!f.key || r.record.decision.key == *f.key) &&
                             (!f.account || r.record.decision.account == *f.account) &&
                             r.record.status >= f.status_min.value_or(0) && (!f.from || r.record.at >= *f.from) &&
                             (!f.until || r.record.at < *f.until);
        if (matches) expected.push_back({r.day, r.id});
      }
      ASSERT_FALSE(expected.empty());
      EXPECT_TRUE(std::is_sorted(expected.rbegin(), expected.rend()));
      std::vector<UsageCursor> seen;
      std::optional<UsageCursor> cursor;
      for (std::size_t got = 1; got > 0;) {
        got = 0;
        ASSERT_TRUE(store_->query(f, cursor, 7'000, [&](const StoredRecord& r) {
          seen.push_back(cursor.emplace(UsageCursor{r.day, r.id}));
          return ++got > 0;
        }));
      }
      EXPECT_EQ(seen, expected) << "filter " << i;
      const auto totals = store_->summary(f, GroupBy::kStatus, std::chrono::seconds(60), 100);
      ASSERT_TRUE(totals);
      std::uint64_t sum = 0;
      for (const UsageTotal& total : *totals) sum += total.allowed + total.denied;
      EXPECT_EQ(sum, expected.size()) << "filter " << i;
    }
  }
};

TEST_F(DayPartsTest, ADayOfSeveralPartsIsReadNewestFirstWhateverCameLate) {
  auto items = requests(kRowsOfAPart * 2, 30);
  // Some arrive long after their time, and a clock was ahead for a while.
  std::mt19937 random(1);
  for (std::size_t n = 0; n < items.size(); n += 50) std::swap(items[n], items[random() % items.size()]);
  items[1000].record.at.micros += 1000 * kSecond;
  for (std::size_t from = 0; from < items.size(); from += kRowsOfAPart / 2) {
    store({items.begin() + static_cast<std::ptrdiff_t>(from),
           items.begin() + static_cast<std::ptrdiff_t>(from + kRowsOfAPart / 2)});
  }
  EXPECT_EQ(all().size(), items.size());
  EXPECT_GE(number("SELECT count(*) FROM parts"), 2);
  EXPECT_EQ(number("SELECT sum(rows) FROM parts"), static_cast<std::int64_t>(items.size()));
  expect_a_whole_index();
  expect_pages_as_a_scan_has_them();
}

TEST_F(DayPartsTest, APartEndsWhenItIsFullAndARestartGoesOnWithIt) {
  for (std::uint64_t n = 0; n < 6; ++n) {
    auto items = requests(kRowsOfAPart / 2, 10);
    for (StorableRecord& item : items) item.record.at.micros += static_cast<std::int64_t>(n) * 100 * kSecond;
    store(items);
    reopen();
  }
  EXPECT_EQ(number("SELECT count(*) FROM parts"), 3);
  EXPECT_EQ(number("SELECT max(rows) FROM parts"), kRowsOfAPart);
  EXPECT_EQ(number("SELECT count(DISTINCT part) FROM by_account"), 3);
  expect_a_whole_index();
}

TEST_F(DayPartsTest, CuttingADayBackTakesTheOldestOutOfTheIndexToo) {
  store(requests(kRowsOfAPart, 20));
  auto later = requests(kRowsOfAPart, 20);
  for (StorableRecord& item : later) item.record.at.micros += 10 * kSecond;
  store(later);
  const UsageRetention retention{.age_max = std::chrono::days(30), .bytes_max = 1 << 20};
  ASSERT_TRUE(store_->apply_retention(retention, kNoon));  // part of the first part
  EXPECT_EQ(number("SELECT min(part) FROM by_key"), 2);
  EXPECT_LT(all().size(), kRowsOfAPart);
  EXPECT_GT(all().size(), 0U);
  expect_a_whole_index();
  store({request(1, kNoon)});  // late: its part is empty by now
  expect_a_whole_index();
  UsageFilter filter;
  filter.key = KeyId(1001);
  EXPECT_EQ(all(filter).back().record.at, kNoon);
}

TEST_F(DayPartsTest, ATransactionThatFailsLeavesNothingInTheIndex) {
  store(requests(kRowsOfAPart, 20));
  change("CREATE TRIGGER no BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'no'); END");
  auto items = requests(1000, 20);
  for (StorableRecord& item : items) item.record.at.micros += 10 * kSecond, item.offset = 8192;
  const UsageBatch batch{.to = {99, 1, 8192}, .gateway = "g1", .dropped = 0, .damaged = 0, .records = items};
  EXPECT_FALSE(store_->store(batch));
  expect_a_whole_index();
  EXPECT_EQ(number("SELECT count(*) FROM parts"), 1);
  change("DROP TRIGGER no");
  ASSERT_TRUE(store_->store(batch));
  EXPECT_EQ(all().size(), kRowsOfAPart + 1000);
  EXPECT_EQ(number("SELECT count(*) FROM parts"), 2);
  expect_a_whole_index();
}

TEST_F(DayPartsTest, AFileOfTheLayoutWithoutPartsIsReadAndWrittenOn) {
  store(requests(120'000, 30));
  store_.reset();
  change(
      "DROP TABLE by_key; DROP TABLE by_key_errors; DROP TABLE by_account; DROP TABLE parts;"
      "CREATE INDEX by_key ON records (key) WHERE key IS NOT NULL;"
      "CREATE INDEX by_account ON records (account) WHERE account IS NOT NULL;"
      "CREATE INDEX by_key_errors ON records (key) WHERE key IS NOT NULL AND status >= 400;"
      "PRAGMA user_version = 2");
  reopen();
  EXPECT_TRUE(store_->stats()->set_aside.empty());
  EXPECT_EQ(all().size(), 120'000U);
  expect_pages_as_a_scan_has_them();
  store({request(1, Timestamp{kNoon.micros + 100 * kSecond})});
  EXPECT_EQ(all().size(), 120'001U);
  expect_pages_as_a_scan_has_them();
  EXPECT_EQ(store_->entry_evidence(std::vector{EntryId(7)}).value()[0]->hits, 80'001U);
  const UsageRetention retention{.age_max = std::chrono::days(30), .bytes_max = 1 << 20};
  ASSERT_TRUE(store_->apply_retention(retention, kNoon));
  EXPECT_EQ(all().size(), 20'001U);
  EXPECT_EQ(number("PRAGMA user_version"), 2);
  EXPECT_TRUE(store_->stats()->set_aside.empty());
}

TEST_F(DayPartsTest, AFileOfALayoutToComeIsSetAsideAndItsDayBegunAnew) {
  store(requests(100, 20));
  store_.reset();
  change("PRAGMA user_version = 4");
  reopen();
  ASSERT_EQ(store_->stats()->set_aside.size(), 1U);
  EXPECT_TRUE(store_->stats()->set_aside[0].starts_with("usage-2026-02-16.db.damaged-"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "usage" / store_->stats()->set_aside[0]));
  store({request(1, kNoon)});
  EXPECT_EQ(all().size(), 1U);
}

}  // namespace
}  // namespace keyfence
