#include <gtest/gtest.h>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/usage/drain.h"
#include "libs/usage/retrying_store.h"
#include "libs/usage/spool_reader.h"
#include "libs/usage/spool_writer.h"
#include "libs/usage/usage_store_fixture.h"

namespace keyfence {
namespace {

TEST_F(UsageStoreTest, EveryFieldReadsBack) {
  StorableRecord item = request(3, kNoon);
  item.record.address = IpAddress::parse("2001:db8::9");
  item.record.address_note = ClientAddressNote::kHeaderMalformed;
  item.record.decision.would_deny = Reason::kAddressDeniedGlobal;
  item.record.decision.would_deny_layer = Layer::kGlobal;
  item.record.decision.revision = Revision{77};
  item.record.truncated = true;
  const std::string odd("/=cmd()\"\n\0\xFF,", 12);
  item.record.path = odd;
  item.matched = {EntryId(1), EntryId(2), EntryId(3)};
  store({item});
  const auto back = all();
  ASSERT_EQ(back.size(), 1U);
  const UsageRecord& r = back[0].record;
  EXPECT_EQ(r.at, item.record.at);
  EXPECT_EQ(r.request_id, item.record.request_id);
  EXPECT_EQ(r.address, item.record.address);
  EXPECT_EQ(r.address_note, item.record.address_note);
  EXPECT_EQ(r.decision, item.record.decision);
  EXPECT_EQ(r.status, item.record.status);
  EXPECT_EQ(r.bytes_sent, item.record.bytes_sent);
  EXPECT_EQ(r.duration_micros, item.record.duration_micros);
  EXPECT_EQ(back[0].method, "GET");
  EXPECT_EQ(back[0].host, "api.example.com");
  EXPECT_EQ(back[0].path, odd);
  EXPECT_EQ(back[0].user_agent, "curl/8");
  EXPECT_TRUE(r.truncated);
  EXPECT_EQ(back[0].gateway, "g1");
  EXPECT_EQ(back[0].matched.global, EntryId(1));
  EXPECT_EQ(back[0].matched.account, EntryId(2));
  EXPECT_EQ(back[0].matched.key, EntryId(3));
}

TEST_F(UsageStoreTest, EveryFilterAnswersWhatAScanDoes) {
  const auto items = requests(400, kSecond * 600);  // several days
  store(items);
  std::vector<UsageFilter> filters(1);
  const auto with = [&filters](auto set) { set(filters.emplace_back()); };
  with([](UsageFilter& f) { f.account = AccountId(101); });
  with([](UsageFilter& f) { f.key = KeyId(1002); });
  with([](UsageFilter& f) { f.key = KeyId(1002), f.status_min = 400, f.status_max = 499; });
  with([](UsageFilter& f) { f.key = KeyId(9), f.account = AccountId(100); });
  with([](UsageFilter& f) { f.method = "POST"; });
  with([](UsageFilter& f) { f.method = "PATCH"; });
  with([](UsageFilter& f) { f.status_min = f.status_max = 403; });
  with([](UsageFilter& f) { f.reason = Reason::kAddressDeniedKey; });
  with([](UsageFilter& f) { f.layer = Layer::kKey; });
  with([](UsageFilter& f) { f.address = IpRange::make(IpAddress::v4(0xCB007102), IpAddress::v4(0xCB007104)); });
  with([](UsageFilter& f) { f.path_prefix = "/v1/mess"; });
  with([](UsageFilter& f) { f.path_prefix = "/v1/messages/and/more"; });
  with([](UsageFilter& f) { f.from = Timestamp{kNoon.micros + kDay / 3}; });
  with([](UsageFilter& f) { f.until = Timestamp{kNoon.micros + kDay}, f.from = Timestamp{kNoon.micros + kDay / 2}; });
  with([&items](UsageFilter& f) { f.request_id = items[17].record.request_id; });
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const UsageFilter& f = filters[i];
    std::vector<std::uint64_t> expected;
    for (const StorableRecord& item : items) {
      const UsageRecord& r = item.record;
      const bool matches = (!f.account || *f.account == r.decision.account) && (!f.key || *f.key == r.decision.key) &&
                           (!f.method || *f.method == r.method) && r.status >= f.status_min.value_or(0) &&
                           r.status <= f.status_max.value_or(999) && (!f.reason || *f.reason == r.decision.reason) &&
                           (!f.layer || *f.layer == r.decision.layer) &&
                           (!f.address || f.address->contains(*r.address)) &&
                           (!f.path_prefix || r.path.substr(0, f.path_prefix->size()) == *f.path_prefix) &&
                           (!f.request_id || *f.request_id == r.request_id) && (!f.from || r.at >= *f.from) &&
                           (!f.until || r.at < *f.until);
      if (matches) expected.insert(expected.begin(), r.bytes_sent);
    }
    std::vector<std::uint64_t> seen;
    for (const StoredRecord& record : all(f)) seen.push_back(record.record.bytes_sent);
    EXPECT_EQ(seen, expected) << "filter " << i;
    const auto totals = store_->summary(f, GroupBy::kReason, std::chrono::seconds(3600), 100);
    ASSERT_TRUE(totals);
    std::uint64_t sum = 0;
    for (const UsageTotal& total : *totals) sum += total.allowed + total.denied;
    EXPECT_EQ(sum, expected.size()) << "filter " << i;
  }
}

TEST_F(UsageStoreTest, TotalsOfEachKindAreWhatACountOfTheRecordsSays) {
  auto items = requests(200, kSecond * 900);  // three days
  items[5].record.address.reset();
  items[6].record.address = IpAddress::parse("2001:db8::9");
  items[7].record.decision.key = KeyId(0);
  items[8].record.decision.would_deny = Reason::kAddressDeniedGlobal;
  store(items);
  const auto name_of = [](const UsageRecord& r, GroupBy group) -> std::string {
    switch (group) {
      case GroupBy::kTime:
        return rfc3339(to_seconds(Timestamp{r.at.micros / (7200 * kSecond) * (7200 * kSecond)}));
      case GroupBy::kReason:
        return std::string(name(r.decision.reason));
      case GroupBy::kKey:
        return r.decision.key.value() == 0 ? std::string() : r.decision.key.text();
      case GroupBy::kAddress:
        return r.address ? r.address->text() : std::string();
      case GroupBy::kStatus:
        break;
    }
    return std::to_string(r.status);
  };
  for (const GroupBy group : {GroupBy::kTime, GroupBy::kReason, GroupBy::kKey, GroupBy::kAddress, GroupBy::kStatus}) {
    std::map<std::string, std::array<std::uint64_t, 3>> expected;
    for (const StorableRecord& item : items) {
      const Decision& d = item.record.decision;
      auto& counts = expected[name_of(item.record, group)];
      ++counts[d.outcome == Outcome::kAllow ? 0 : 1];
      if (d.would_deny != Reason::kAllowed) ++counts[2];
    }
    const auto totals = store_->summary({}, group, std::chrono::hours(2), 1000);
    ASSERT_TRUE(totals);
    EXPECT_EQ(totals->size(), expected.size());
    for (const UsageTotal& total : *totals) {
      EXPECT_EQ(expected[total.group], (std::array{total.allowed, total.denied, total.would_deny})) << total.group;
    }
    const auto smaller = [group](const UsageTotal& a, const UsageTotal& b) {
      return group == GroupBy::kTime ? a.group < b.group : a.allowed + a.denied > b.allowed + b.denied;
    };
    EXPECT_TRUE(std::is_sorted(totals->begin(), totals->end(), smaller));
    const auto first = store_->summary({}, group, std::chrono::hours(2), 2);
    ASSERT_TRUE(first);
    ASSERT_EQ(first->size(), 2U);
    EXPECT_EQ((*first)[0].group, (*totals)[0].group);
    EXPECT_EQ((*first)[1].group, (*totals)[1].group);
  }
}

TEST_F(UsageStoreTest, PagesFollowEachOtherWhileRecordsArrive) {
  store(requests(100, kSecond));
  std::vector<std::uint64_t> seen;
  std::optional<UsageCursor> cursor;
  for (int page = 0; page < 11; ++page) {
    std::size_t got = 0;
    ASSERT_TRUE(store_->query({}, cursor, 10, [&](const StoredRecord& record) {
      seen.push_back(record.record.bytes_sent);
      cursor = UsageCursor{record.day, record.id};
      ++got;
      return true;
    }));
    EXPECT_EQ(got, page < 10 ? 10U : 0U);
    store({request(1000, Timestamp{kNoon.micros + kDay + page})});
  }
  for (std::uint64_t n = 0; n < 100; ++n) EXPECT_EQ(seen.at(n), 99 - n);
}

TEST_F(UsageStoreTest, ABatchDeliveredTwiceOrInOtherPiecesIsStoredOnce) {
  auto items = requests(50, kDay / 20);  // over three days
  std::uint64_t offset = 4096;
  for (StorableRecord& item : items) item.offset = offset += 100;
  const auto deliver = [&](std::size_t from, std::size_t to) {
    ASSERT_TRUE(store_->store({.to = {5, 1, items[to - 1].offset},
                               .gateway = "g1",
                               .dropped = 3,
                               .damaged = 0,
                               .records = std::span(items).subspan(from, to - from)}));
  };
  deliver(0, 20);
  deliver(0, 20);
  reopen();
  deliver(0, 33);
  deliver(10, 50);
  EXPECT_EQ(all().size(), 50U);
  EXPECT_EQ(store_->stored_up_to(5, 1).value(), items.back().offset);
  EXPECT_EQ(store_->stored_up_to(6, 1).value(), 0U);
  EXPECT_EQ(store_->stats()->dropped, 3U);
}

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

TEST_F(UsageStoreTest, SeveralPiecesAreStoredTogetherAndEachOnce) {
  auto items = requests(30, kDay / 10);
  std::uint64_t offset = 4096;
  for (StorableRecord& item : items) item.offset = offset += 100;
  const auto piece = [&](std::uint64_t writer, std::size_t from, std::size_t to) {
    return UsageBatch{.to = {writer, 1, items[to - 1].offset},
                      .gateway = "g" + std::to_string(writer),
                      .dropped = writer,
                      .damaged = 0,
                      .records = std::span(items).subspan(from, to - from)};
  };
  const std::vector<UsageBatch> pieces = {piece(1, 0, 10), piece(2, 0, 30), piece(1, 10, 20)};
  ASSERT_TRUE(store_->store(pieces));
  ASSERT_TRUE(store_->store(pieces));
  EXPECT_EQ(all().size(), 50U);
  EXPECT_EQ(store_->stored_up_to(1, 1).value(), items[19].offset);
  EXPECT_EQ(store_->stored_up_to(2, 1).value(), items[29].offset);
  EXPECT_EQ(store_->stats()->dropped, 3U);
}

TEST_F(UsageStoreTest, AFileWhoseMakingWasCutOffIsMadeAnew) {
  store_.reset();
  const std::filesystem::path file = dir_ / "usage" / "usage-2026-02-16.db";
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

TEST_F(UsageStoreTest, ADayWhoseEvidenceIsDamagedDoesNotStopRetention) {
  auto items = requests(60'000, 10);
  store(items);
  store({request(1, Timestamp{kNoon.micros + kDay})});
  const std::string file = (dir_ / "usage" / "usage-2026-02-16.db").string();
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

TEST_F(UsageStoreTest, RecordsOfOneMicrosecondAreAllKept) {
  std::vector<StorableRecord> items;
  constexpr std::size_t kCount = 3000;  // more than a microsecond has ids
  for (std::size_t n = 0; n < kCount; ++n) {
    items.push_back(request(n, Timestamp{kNoon.micros + 999}));  // the last microsecond of a millisecond
  }
  store(items);
  std::set<std::uint64_t> seen;
  for (const StoredRecord& record : all()) {
    seen.insert(record.record.bytes_sent);
    ASSERT_EQ(record.record.request_id, items.at(record.record.bytes_sent).record.request_id);
    ASSERT_LT(record.record.at.micros - kNoon.micros - 999, 64);
  }
  EXPECT_EQ(seen.size(), kCount);
}

TEST_F(UsageStoreTest, AClockThatStepsBackLosesNothing) {
  for (const std::int64_t at : {kNoon.micros, kNoon.micros - 3 * kDay, kNoon.micros - kSecond, kNoon.micros + kDay,
                                std::int64_t{0}, std::int64_t{-5}, kNoon.micros}) {
    store({request(1, Timestamp{at})});
  }
  EXPECT_EQ(all().size(), 7U);
  reopen();
  EXPECT_EQ(all().size(), 7U);
}

TEST_F(UsageStoreTest, APathPrefixFindsPathsInAndOutsideTheDictionary) {
  const std::string stem = "/caf\xC3\xA9/";
  const std::string other_stem = "/cafe/";
  const std::string length(100, 'x');
  std::vector<std::string> paths = {stem + "1", stem + length, stem, other_stem + "1", other_stem + length, "/", ""};
  std::vector<StorableRecord> items;
  for (std::size_t n = 0; n < paths.size(); ++n) {
    items.push_back(request(n, Timestamp{kNoon.micros + static_cast<std::int64_t>(n)}));
    items.back().record.path = paths[n];
  }
  store(items);
  const auto count = [this](std::string prefix) {
    UsageFilter filter;
    filter.path_prefix = std::move(prefix);
    return all(filter).size();
  };
  EXPECT_EQ(count(stem), 3U);
  EXPECT_EQ(count(stem + "x"), 1U);
  EXPECT_EQ(count("/cafe/1"), 1U);
  EXPECT_EQ(count("/"), 6U);
  EXPECT_EQ(count(""), 7U);
  EXPECT_EQ(count("/%"), 0U);
}

TEST_F(UsageStoreTest, ADamagedPageThatAQueryMeetsTakesItsDayAsideAndTheOthersGoOn) {
  auto items = requests(60'000, 10);
  store(items);
  for (StorableRecord& item : items) item.record.at.micros += kDay;
  store(items);
  store_.reset();
  const std::filesystem::path file = dir_ / "usage" / "usage-2026-02-16.db";
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

TEST_F(UsageStoreTest, AFileCutShortIsSetAside) {
  store(requests(60'000, 10));
  store_.reset();
  const std::filesystem::path file = dir_ / "usage" / "usage-2026-02-16.db";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 3);
  reopen();
  EXPECT_EQ(store_->stats()->set_aside.size(), 1U);
  store({request(1, kNoon)});
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(UsageStoreTest, ALockOfAnotherProcessIsWaitedFor) {
  store({request(1, kNoon)});
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((dir_ / "usage" / "usage-2026-02-16.db").c_str(), &other), SQLITE_OK);
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

TEST_F(UsageStoreTest, ARequestIsFoundByItsId) {
  const auto items = requests(200, kSecond / 3);
  store(items);
  const auto found = store_->find(items[123].record.request_id);
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->record.bytes_sent, 123U);
  EXPECT_EQ((*found)->host, "api.example.com");
  RequestId other = items[123].record.request_id;
  other[10] ^= 1;
  EXPECT_FALSE(store_->find(other).value());
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

TEST_F(UsageStoreTest, TextsBeyondTheDictionaryStandInTheRows) {
  std::vector<std::string> agents;
  std::vector<StorableRecord> items;
  constexpr std::size_t kCount = 70'000;
  agents.reserve(kCount);
  for (std::size_t n = 0; n < kCount; ++n) {
    agents.push_back("agent-" + std::to_string(n));
    items.push_back(request(n, Timestamp{kNoon.micros + static_cast<std::int64_t>(n)}));
    items.back().record.user_agent = agents.back();
  }
  store(items);
  std::size_t n = kCount;
  for (const StoredRecord& record : all()) ASSERT_EQ(record.user_agent, agents[--n]);
  EXPECT_EQ(n, 0U);
}

TEST_F(UsageStoreTest, TheDrainMovesEveryRecordOnceAndRemovesEndedSegments) {
  const std::filesystem::path spool = dir_ / "spool";
  std::filesystem::create_directories(spool);
  const DrainOptions options{.spool_dir = spool, .retention = {.age_max = std::chrono::days(100'000)}};
  const auto matcher = [](const UsageRecord&) {
    return MatchedEntries{.global = {}, .account = {}, .key = EntryId(7)};
  };
  auto drain = Drain::start(*store_, options, matcher);
  constexpr std::uint64_t kRecords = 20'000;
  const auto append = [&spool](std::uint64_t from) {
    SpoolWriter writer({.dir = spool, .gateway = "g", .segment_bytes = 64 << 10, .spool_bytes_max = 64 << 20});
    for (std::uint64_t n = from; n < from + kRecords; ++n) {
      StorableRecord item = request(n, Timestamp{kNoon.micros + static_cast<std::int64_t>(n) * 50});
      if (writer.append(item.record) != SpoolOutcome::kStored) ADD_FAILURE() << "dropped";
    }
  };
  std::thread one(append, 0);
  std::thread two(append, kRecords);
  // The drain ends and begins again in the middle, as after an upgrade of the daemon.
  drain.reset();
  reopen();
  drain = Drain::start(*store_, options, matcher);
  one.join();
  two.join();
  drain->flush();
  drain->flush();  // the second pass sees the segments that ended after the first had listed them
  std::set<std::uint64_t> seen;
  std::size_t rows = 0;
  ASSERT_TRUE(store_->query({}, std::nullopt, 1'000'000, [&](const StoredRecord& record) {
    seen.insert(record.record.bytes_sent);
    ++rows;
    return true;
  }));
  const auto stats = store_->stats();
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->damaged, 0U);
  EXPECT_TRUE(stats->set_aside.empty());
  EXPECT_EQ(seen.size(), 2 * kRecords);
  EXPECT_EQ(rows, 2 * kRecords);
  EXPECT_TRUE(drain->status().failure.empty()) << drain->status().failure;
  EXPECT_EQ(drain->status().backlog_bytes, 0U);
  EXPECT_TRUE(std::filesystem::is_empty(spool));
  EXPECT_EQ(store_->entry_evidence(std::vector{EntryId(7)}).value()[0]->hits, 2 * kRecords);
}

TEST_F(UsageStoreTest, TheDrainTellsGatewaysApartByTheirNames) {
  const std::filesystem::path spool = dir_ / "spool";
  std::filesystem::create_directories(spool);
  const auto drain = Drain::start(*store_, {.spool_dir = spool, .retention = {.age_max = std::chrono::days(100'000)}},
                                  [](const UsageRecord&) { return MatchedEntries{}; });
  const auto writer_of = [&spool](const std::string& gateway) {
    return SpoolWriter({.dir = spool, .gateway = gateway, .segment_bytes = 64 << 10, .spool_bytes_max = 128 << 10});
  };
  const auto append = [](SpoolWriter& writer, std::uint64_t n, std::uint64_t revision) {
    StorableRecord item = request(n, Timestamp{kNoon.micros + static_cast<std::int64_t>(n)});
    item.record.decision.revision = Revision{revision};
    return writer.append(item.record);
  };
  {
    SpoolWriter east = writer_of("east");
    ASSERT_EQ(append(east, 1, 7), SpoolOutcome::kStored);
    while (append(east, 2, 8) == SpoolOutcome::kStored) {
    }
  }
  drain->flush();
  SpoolWriter west = writer_of("west");
  SpoolWriter west_too = writer_of("west");
  ASSERT_EQ(append(west, 3, 9), SpoolOutcome::kStored);
  ASSERT_EQ(append(west_too, 4, 10), SpoolOutcome::kStored);
  drain->flush();
  drain->flush();  // the second pass knows whose the files are
  const std::vector<GatewayStatus> gateways = drain->status().gateways;
  ASSERT_EQ(gateways.size(), 2U);
  EXPECT_EQ(gateways[0].name, "east");
  EXPECT_EQ(gateways[0].dropped, 1U);
  EXPECT_EQ(gateways[0].last_revision, Revision{8});
  EXPECT_EQ(gateways[0].workers, 0U) << "it has ended, and what it wrote is stored";
  EXPECT_EQ(gateways[1].name, "west");
  EXPECT_EQ(gateways[1].stored, 2U);
  EXPECT_EQ(gateways[1].dropped, 0U);
  EXPECT_EQ(gateways[1].workers, 2U);
  EXPECT_EQ(gateways[1].backlog_bytes, 0U);
  EXPECT_EQ(gateways[1].last_revision, Revision{10});
  EXPECT_EQ(gateways[1].last_at, Timestamp{kNoon.micros + 4});
}

TEST_F(UsageStoreTest, ARecordFromTheFutureCountsAsArrivedWhenItsSegmentWasMade) {
  const std::filesystem::path spool = dir_ / "spool";
  std::filesystem::create_directories(spool);
  const Timestamp before = SystemClock{}.now();
  {
    SpoolWriter writer({.dir = spool, .gateway = "g", .segment_bytes = 64 << 10, .spool_bytes_max = 128 << 10});
    (void)writer.append(request(1, Timestamp{before.micros + 400 * kDay}).record);
    (void)writer.append(request(2, before).record);
  }
  const auto drain = Drain::start(*store_, {.spool_dir = spool, .retention = {.age_max = std::chrono::days(2)}},
                                  [](const UsageRecord&) { return MatchedEntries{}; });
  drain->flush();
  drain->flush();
  const auto found = all();
  ASSERT_EQ(found.size(), 2U);
  for (const StoredRecord& record : found) {
    EXPECT_GE(record.record.at, before);
    EXPECT_LE(record.record.at, SystemClock{}.now());
  }
}

TEST_F(UsageStoreTest, APositionInAStandingSegmentIsNotForgottenHoweverLongNothingCame) {
  const std::filesystem::path spool = dir_ / "spool";
  std::filesystem::create_directories(spool);
  SpoolWriter writer({.dir = spool, .gateway = "g", .segment_bytes = 64 << 10, .spool_bytes_max = 128 << 10});
  (void)writer.append(request(1, SystemClock{}.now()).record);
  const auto matcher = [](const UsageRecord&) { return MatchedEntries{}; };
  Drain::start(*store_, {.spool_dir = spool, .retention = {}}, matcher)->flush();
  store_.reset();
  sqlite3* meta = nullptr;
  ASSERT_EQ(sqlite3_open((dir_ / "usage" / "usage-meta.db").c_str(), &meta), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(meta, "UPDATE segments SET heard_at = heard_at - 172800000000", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(meta);
  reopen();
  Drain::start(*store_, {.spool_dir = spool, .retention = {}}, matcher)->flush();
  const auto segments = list_spool(spool);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_GT(store_->stored_up_to(segments[0].writer, segments[0].sequence).value(), 0U);
}

TEST_F(UsageStoreTest, AFileInTheSpoolThatIsNoSegmentIsToldAndSetAside) {
  const std::filesystem::path spool = dir_ / "spool";
  std::filesystem::create_directories(spool);
  const std::filesystem::path file = spool / "0123456789abcdef-0000000000000001.seg";
  std::ofstream(file) << std::string(5000, 'x');
  std::vector<std::string> told;
  Drain::start(*store_,
               {.spool_dir = spool,
                .retention = {},
                .tell = [&told](DrainNews, const std::string& what) { told.push_back(what); }},
               [](const UsageRecord&) { return MatchedEntries{}; })
      ->flush();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("set aside"), std::string::npos) << told[0];
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".damaged"));
}

TEST_F(UsageStoreTest, TheDrainTellsWhatWasDroppedAndWhatIsDamagedOnce) {
  const std::filesystem::path spool = dir_ / "spool";
  std::filesystem::create_directories(spool);
  std::vector<std::string> told;
  {
    SpoolWriter writer({.dir = spool, .gateway = "g", .segment_bytes = 64 << 10, .spool_bytes_max = 128 << 10});
    for (std::uint64_t n = 0; n < 2000; ++n) (void)writer.append(request(n, kNoon).record);
    ASSERT_GT(writer.dropped(), 0U);
    const auto drain = Drain::start(*store_,
                                    {.spool_dir = spool,
                                     .retention = {.age_max = std::chrono::days(100'000)},
                                     .tell = [&told](DrainNews, const std::string& what) { told.push_back(what); }},
                                    [](const UsageRecord&) { return MatchedEntries{}; });
    drain->flush();
    drain->flush();
    EXPECT_EQ(store_->stats()->dropped, writer.dropped());
    EXPECT_EQ(all().size() + writer.dropped(), 2000U);
  }
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("were dropped by gateways"), std::string::npos) << told[0];
}

}  // namespace
}  // namespace keyfence
