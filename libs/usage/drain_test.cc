#include <gtest/gtest.h>

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/usage/drain.h"
#include "libs/usage/spool_reader.h"
#include "libs/usage/spool_writer.h"
#include "libs/usage/usage_store_fixture.h"

// From the spool to the store, as the daemon does it.
namespace keyfence {
namespace {

MatchedEntries no_entry(const UsageRecord& /*record*/) {
  return {};
}

TEST_F(UsageStoreTest, TheDrainMovesEveryRecordOnceAndRemovesEndedSegments) {
  const std::filesystem::path spool = make_spool();
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
  const std::filesystem::path spool = make_spool();
  const auto drain =
      Drain::start(*store_, {.spool_dir = spool, .retention = {.age_max = std::chrono::days(100'000)}}, no_entry);
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
  const std::filesystem::path spool = make_spool();
  const Timestamp before = SystemClock{}.now();
  {
    SpoolWriter writer({.dir = spool, .gateway = "g", .segment_bytes = 64 << 10, .spool_bytes_max = 128 << 10});
    (void)writer.append(request(1, Timestamp{before.micros + 400 * kDay}).record);
    (void)writer.append(request(2, before).record);
  }
  const auto drain =
      Drain::start(*store_, {.spool_dir = spool, .retention = {.age_max = std::chrono::days(2)}}, no_entry);
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
  const std::filesystem::path spool = make_spool();
  SpoolWriter writer({.dir = spool, .gateway = "g", .segment_bytes = 64 << 10, .spool_bytes_max = 128 << 10});
  (void)writer.append(request(1, SystemClock{}.now()).record);
  Drain::start(*store_, {.spool_dir = spool, .retention = {}}, no_entry)->flush();
  store_.reset();
  sqlite3* meta = nullptr;
  ASSERT_EQ(sqlite3_open((dir_ / "usage" / "usage-meta.db").c_str(), &meta), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(meta, "UPDATE segments SET heard_at = heard_at - 172800000000", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(meta);
  reopen();
  Drain::start(*store_, {.spool_dir = spool, .retention = {}}, no_entry)->flush();
  const auto segments = list_spool(spool);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_GT(store_->stored_up_to(segments[0].writer, segments[0].sequence).value(), 0U);
}

TEST_F(UsageStoreTest, AFileInTheSpoolThatIsNoSegmentIsToldAndSetAside) {
  const std::filesystem::path spool = make_spool();
  const std::filesystem::path file = spool / "0123456789abcdef-0000000000000001.seg";
  std::ofstream(file) << std::string(5000, 'x');
  std::vector<std::string> told;
  Drain::start(*store_,
               {.spool_dir = spool,
                .retention = {},
                .tell = [&told](DrainNews, const std::string& what) { told.push_back(what); }},
               no_entry)
      ->flush();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("set aside"), std::string::npos) << told[0];
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".damaged"));
}

TEST_F(UsageStoreTest, TheDrainTellsWhatWasDroppedAndWhatIsDamagedOnce) {
  const std::filesystem::path spool = make_spool();
  std::vector<std::string> told;
  {
    SpoolWriter writer({.dir = spool, .gateway = "g", .segment_bytes = 64 << 10, .spool_bytes_max = 128 << 10});
    for (std::uint64_t n = 0; n < 2000; ++n) (void)writer.append(request(n, kNoon).record);
    ASSERT_GT(writer.dropped(), 0U);
    const auto drain = Drain::start(*store_,
                                    {.spool_dir = spool,
                                     .retention = {.age_max = std::chrono::days(100'000)},
                                     .tell = [&told](DrainNews, const std::string& what) { told.push_back(what); }},
                                    no_entry);
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
