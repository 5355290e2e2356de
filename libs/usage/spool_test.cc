#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/testing/allocation_count.h"
#include "libs/usage/record_codec.h"
#include "libs/usage/spool_files.h"
#include "libs/usage/spool_reader.h"
#include "libs/usage/spool_writer.h"

namespace keyfence {
namespace {

constexpr std::size_t kEverything = std::size_t{1} << 30;

class SpoolTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "keyfence-spool-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  [[nodiscard]] SpoolOptions options() const {
    return {.dir = dir_, .gateway = "gateway-1", .segment_bytes = 64 << 10, .spool_bytes_max = 1 << 20};
  }

  std::filesystem::path dir_;
};

// A record that can be told from every other by its duration.
UsageRecord numbered(std::uint64_t n) {
  UsageRecord record;
  record.at = Timestamp{1'772'366'400'000'000 + static_cast<std::int64_t>(n)};
  record.request_id[0] = static_cast<std::uint8_t>(n);
  record.address = IpAddress::v4(0x0A000000U + static_cast<std::uint32_t>(n));
  record.decision.outcome = Outcome::kAllow;
  record.decision.reason = Reason::kAllowed;
  record.decision.key = KeyId(n + 1);
  record.decision.account = AccountId(7);
  record.decision.revision = Revision{n};
  record.status = 200;
  record.bytes_sent = 1000 + n;
  record.duration_micros = n;
  record.method = "GET";
  record.host = "api.example.com";
  record.path = "/v1/messages";
  record.user_agent = "curl/8";
  return record;
}

struct Drained {
  std::map<std::uint64_t, int> seen;  // duration -> times
  std::uint64_t dropped = 0;
  std::uint64_t damaged = 0;
};

Drained drain_all(const std::filesystem::path& dir) {
  Drained all;
  for (const SpoolSegment& segment : list_spool(dir)) {
    const auto read = read_segment(segment, 0, kEverything, [&all](const UsageRecord& record, std::uint64_t) {
      ++all.seen[record.duration_micros];
    });
    if (!read) continue;
    all.dropped += read->dropped;
    all.damaged += read->damaged;
  }
  return all;
}

TEST_F(SpoolTest, EveryFieldReadsBackAsItWasWritten) {
  UsageRecord record = numbered(5);
  record.address = IpAddress::parse("2001:db8::1");
  record.address_note = ClientAddressNote::kHeaderIgnored;
  record.decision.outcome = Outcome::kDeny;
  record.decision.reason = Reason::kAddressDeniedKey;
  record.decision.layer = Layer::kKey;
  record.decision.would_deny = Reason::kAddressDeniedGlobal;
  record.decision.would_deny_layer = Layer::kGlobal;
  record.status = 403;
  const std::string odd("=cmd()\"\n\0\xFF\x1b", 11);
  record.path = odd;
  SpoolWriter writer(options());
  ASSERT_EQ(writer.append(record), SpoolOutcome::kStored);

  const auto segments = list_spool(dir_);
  ASSERT_EQ(segments.size(), 1U);
  int count = 0;
  const auto read = read_segment(segments[0], 0, kEverything, [&](const UsageRecord& back, std::uint64_t) {
    ++count;
    EXPECT_EQ(back.at, record.at);
    EXPECT_EQ(back.request_id, record.request_id);
    EXPECT_EQ(back.address, record.address);
    EXPECT_EQ(back.address_note, record.address_note);
    EXPECT_EQ(back.decision.reason, record.decision.reason);
    EXPECT_EQ(back.decision.layer, record.decision.layer);
    EXPECT_EQ(back.decision.outcome, record.decision.outcome);
    EXPECT_EQ(back.decision.would_deny, record.decision.would_deny);
    EXPECT_EQ(back.decision.would_deny_layer, record.decision.would_deny_layer);
    EXPECT_EQ(back.decision.key, record.decision.key);
    EXPECT_EQ(back.decision.account, record.decision.account);
    EXPECT_EQ(back.decision.revision, record.decision.revision);
    EXPECT_EQ(back.status, record.status);
    EXPECT_EQ(back.bytes_sent, record.bytes_sent);
    EXPECT_EQ(back.duration_micros, record.duration_micros);
    EXPECT_EQ(back.method, record.method);
    EXPECT_EQ(back.host, record.host);
    EXPECT_EQ(back.path, record.path);
    EXPECT_EQ(back.user_agent, record.user_agent);
    EXPECT_FALSE(back.truncated);
  });
  ASSERT_TRUE(read);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(read->gateway, "gateway-1");
  EXPECT_EQ(read->state, SegmentState::kLive);
}

TEST_F(SpoolTest, LongTextsAreCutAndSaySo) {
  UsageRecord record = numbered(1);
  const std::string path(8192, 'p');
  const std::string agent(8192, 'u');
  record.path = path;
  record.user_agent = agent;
  SpoolWriter writer(options());
  ASSERT_EQ(writer.append(record), SpoolOutcome::kStored);
  ASSERT_TRUE(read_segment(list_spool(dir_).at(0), 0, kEverything, [](const UsageRecord& back, std::uint64_t) {
    EXPECT_TRUE(back.truncated);
    EXPECT_EQ(back.path.size(), kUsagePathBytesMax);
    EXPECT_EQ(back.user_agent.size(), kUsageUserAgentBytesMax);
  }));
}

TEST_F(SpoolTest, ReadingInSmallStepsGivesEachRecordOnce) {
  SpoolWriter writer(options());
  for (std::uint64_t n = 0; n < 300; ++n) ASSERT_EQ(writer.append(numbered(n)), SpoolOutcome::kStored);
  std::vector<std::uint64_t> seen;
  for (const SpoolSegment& segment : list_spool(dir_)) {
    std::uint64_t offset = 0;
    for (;;) {
      const auto read = read_segment(
          segment, offset, 1, [&seen](const UsageRecord& r, std::uint64_t) { seen.push_back(r.duration_micros); });
      ASSERT_TRUE(read);
      offset = read->next_offset;
      if (read->backlog_bytes == 0) break;
    }
  }
  ASSERT_EQ(seen.size(), 300U);
  for (std::uint64_t n = 0; n < 300; ++n) EXPECT_EQ(seen[n], n);
}

TEST_F(SpoolTest, AFullSpoolDropsAndCountsAndGoesOnWhenDrained) {
  SpoolWriter writer(options());
  std::uint64_t stored = 0;
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    if (writer.append(numbered(n)) == SpoolOutcome::kStored) ++stored;
  }
  EXPECT_GT(writer.dropped(), 0U);
  EXPECT_EQ(writer.last_errno(), ENOSPC);
  EXPECT_EQ(list_spool(dir_).size(), 16U);  // 1 MiB of 64 KiB
  Drained drained = drain_all(dir_);
  EXPECT_EQ(drained.seen.size(), stored);
  EXPECT_EQ(drained.dropped, 20'000 - stored);

  for (const SpoolSegment& segment : list_spool(dir_)) {
    const auto read = read_segment(segment, 0, kEverything, [](const UsageRecord&, std::uint64_t) {});
    if (read && read->state == SegmentState::kEnded) remove_segment(segment);
  }
  ASSERT_EQ(list_spool(dir_).size(), 1U);
  // Room is looked for again when a tenth of a second has passed, however few records come.
  UsageRecord soon = numbered(20'000);
  soon.at.micros += 50'000;
  EXPECT_EQ(writer.append(soon), SpoolOutcome::kDropped);
  UsageRecord later = numbered(20'001);
  later.at.micros += 200'000;
  EXPECT_EQ(writer.append(later), SpoolOutcome::kStored);
  EXPECT_EQ(writer.append(soon), SpoolOutcome::kStored);
}

TEST_F(SpoolTest, DropsWithoutADirectoryAreCarriedIntoTheFirstSegment) {
  SpoolOptions missing = options();
  missing.dir = dir_ / "later";
  SpoolWriter writer(missing);
  EXPECT_EQ(writer.append(numbered(0)), SpoolOutcome::kDropped);
  EXPECT_EQ(writer.last_errno(), ENOENT);
  std::filesystem::create_directory(missing.dir);
  UsageRecord later = numbered(1);
  later.at.micros += 200'000;
  EXPECT_EQ(writer.append(later), SpoolOutcome::kStored);
  const Drained drained = drain_all(missing.dir);
  EXPECT_EQ(drained.dropped, 1U);
  EXPECT_EQ(drained.seen.size(), 1U);
}

TEST_F(SpoolTest, DropsOfAWorkerThatNeverHadASegmentAreCountedWhenItIsGone) {
  {
    SpoolWriter filling(options());
    while (filling.append(numbered(0)) == SpoolOutcome::kStored) {
    }
  }
  const std::uint64_t before = drain_all(dir_).dropped;
  {
    SpoolWriter late(options());
    for (std::uint64_t n = 0; n < 7; ++n) EXPECT_EQ(late.append(numbered(n)), SpoolOutcome::kDropped);
  }
  EXPECT_EQ(drain_all(dir_).dropped, before + 7);
  std::uint64_t bytes = 0;
  for (const SpoolSegment& segment : list_spool(dir_)) bytes += std::filesystem::file_size(segment.path);
  EXPECT_EQ(bytes, options().spool_bytes_max + spool::kHeaderBytes);
}

TEST_F(SpoolTest, APipeInTheDirectoryIsNoSegmentAndHoldsNobodyUp) {
  const std::filesystem::path pipe = dir_ / "0123456789abcdef-0000000000000001.seg";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto segments = list_spool(dir_);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(backlog_of(segments[0], 0), 0U);
  const auto read = read_segment(segments[0], 0, kEverything, [](const UsageRecord&, std::uint64_t) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), SegmentError::kForeign);
}

TEST_F(SpoolTest, AKilledWriterLosesNothingThatItCommitted) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    SpoolWriter writer(options());
    for (std::uint64_t n = 0;; ++n) {
      if (writer.append(numbered(n)) != SpoolOutcome::kStored) pause();
      if (write(pipe_ends[1], &n, sizeof n) != sizeof n) _exit(1);
    }
  }
  close(pipe_ends[1]);
  std::uint64_t last = 0;
  for (int i = 0; i < 1500; ++i) ASSERT_EQ(read(pipe_ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
  ASSERT_EQ(kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  while (read(pipe_ends[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
  }
  close(pipe_ends[0]);

  const Drained drained = drain_all(dir_);
  for (std::uint64_t n = 0; n <= last; ++n) {
    ASSERT_TRUE(drained.seen.contains(n)) << n;
    ASSERT_EQ(drained.seen.at(n), 1) << n;
  }
  EXPECT_EQ(drained.damaged, 0U);
  const auto segments = list_spool(dir_);
  const auto read = read_segment(segments.back(), 0, kEverything, [](const UsageRecord&, std::uint64_t) {});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state, SegmentState::kEnded);
}

TEST_F(SpoolTest, AReaderBesideTheWriterNeverSeesATornRecord) {
  SpoolOptions one_segment = options();
  one_segment.segment_bytes = 8 << 20;
  one_segment.spool_bytes_max = 8 << 20;
  SpoolWriter writer(one_segment);
  ASSERT_EQ(writer.append(numbered(0)), SpoolOutcome::kStored);
  constexpr std::uint64_t kRecords = 30'000;
  std::thread appending([&writer] {
    for (std::uint64_t n = 1; n < kRecords; ++n) (void)writer.append(numbered(n));
  });
  std::uint64_t next = 0;
  std::uint64_t offset = 0;
  while (next < kRecords) {
    const auto read =
        read_segment(list_spool(dir_).at(0), offset, 64 << 10, [&next](const UsageRecord& record, std::uint64_t) {
          ASSERT_EQ(record.duration_micros, next);
          ++next;
        });
    if (!read || read->damaged != 0) {
      ADD_FAILURE() << "damaged at " << next;
      break;
    }
    offset = read->next_offset;
  }
  appending.join();
  EXPECT_EQ(next, kRecords);
}

std::vector<char> slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST_F(SpoolTest, AFlippedBitInARecordHidesThatRecordAlone) {
  std::filesystem::path path;
  {
    SpoolWriter writer(options());
    for (std::uint64_t n = 0; n < 5; ++n) ASSERT_EQ(writer.append(numbered(n)), SpoolOutcome::kStored);
    path = list_spool(dir_).at(0).path;
  }
  const std::vector<char> good = slurp(path);
  const std::size_t record_bytes = spool::encoded_bytes(numbered(0));
  const std::size_t second = spool::kHeaderBytes + record_bytes;
  for (std::size_t byte = 4; byte < record_bytes; ++byte) {  // the length itself is the next test's
    std::vector<char> bad = good;
    bad[second + byte] = static_cast<char>(bad[second + byte] ^ (1 << (byte % 8)));
    std::ofstream(path, std::ios::binary).write(bad.data(), static_cast<std::streamsize>(bad.size()));
    const Drained drained = drain_all(dir_);
    ASSERT_EQ(drained.seen.size(), 4U) << byte;
    ASSERT_FALSE(drained.seen.contains(1)) << byte;
    ASSERT_EQ(drained.damaged, 1U) << byte;
  }
}

TEST_F(SpoolTest, DamagedLengthsCutFilesAndForeignFilesAreErrorsAndNoCrash) {
  std::filesystem::path path;
  {
    SpoolWriter writer(options());
    for (std::uint64_t n = 0; n < 5; ++n) ASSERT_EQ(writer.append(numbered(n)), SpoolOutcome::kStored);
    path = list_spool(dir_).at(0).path;
  }
  const std::vector<char> good = slurp(path);
  const auto put_back = [&](const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  };
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<char> bad = good;
    const std::size_t in = round % 2 == 0 ? sizeof(spool::SegmentHeader) : bad.size() / 8;
    for (int flips = 0; flips < 3; ++flips) {
      char& byte = bad[random() % in];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (random() % 8)));
    }
    put_back(bad);
    for (const auto& [duration, times] : drain_all(dir_).seen) ASSERT_LT(duration, 5U);
  }
  for (std::size_t size = 0; size < good.size() / 8; size += 13) {
    put_back({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    (void)drain_all(dir_);
  }
  put_back(std::vector<char>(4096, 'x'));
  const auto foreign = read_segment(list_spool(dir_).at(0), 0, kEverything, [](const UsageRecord&, std::uint64_t) {});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error(), SegmentError::kForeign);
}

TEST_F(SpoolTest, AppendAllocatesNothing) {
  SpoolWriter writer(options());
  ASSERT_EQ(writer.append(numbered(0)), SpoolOutcome::kStored);
  const std::uint64_t before = allocations_so_far();
  for (std::uint64_t n = 0; n < 2000; ++n) (void)writer.append(numbered(n));  // several segments
  EXPECT_EQ(allocations_so_far(), before);
}

TEST_F(SpoolTest, WritersThatComeToTheBoundTogetherDoNotGoBeyondIt) {
  SpoolOptions options = this->options();
  options.spool_bytes_max = 7 * options.segment_bytes;
  std::atomic<std::uint64_t> dropped = 0;
  std::vector<std::thread> writers;
  for (std::uint64_t w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      SpoolWriter writer(options);
      for (std::uint64_t n = 0; n < 4000; ++n) (void)writer.append(numbered(w * 4000 + n));
      dropped += writer.dropped();
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto with_room = [](const SpoolSegment& segment) {
    return std::filesystem::file_size(segment.path) > spool::kHeaderBytes;
  };
  const auto segments = list_spool(dir_);
  EXPECT_LE(std::count_if(segments.begin(), segments.end(), with_room), 7);
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(drain_all(dir_).seen.size() + dropped, 16'000U);
  EXPECT_EQ(drain_all(dir_).dropped, dropped);
}

TEST_F(SpoolTest, WhatAWriterNeverFinishedIsRemovedOnceItIsOld) {
  const auto make = [this](const std::string& name, std::chrono::seconds age) {
    std::ofstream(dir_ / name) << "x";
    std::filesystem::last_write_time(dir_ / name, std::filesystem::file_time_type::clock::now() - age);
  };
  std::string name(spool::kSegmentNameBytes, ' ');
  spool::write_segment_name(name.data(), 0xAA, 1, spool::NameOf::kUnfinished);
  make(name, std::chrono::seconds(3600));
  std::string young_name(spool::kSegmentNameBytes, ' ');
  spool::write_segment_name(young_name.data(), 0xAB, 1, spool::NameOf::kUnfinished);
  make(young_name, std::chrono::seconds(0));
  make("something else", std::chrono::seconds(3600));
  remove_unfinished(dir_);
  EXPECT_FALSE(std::filesystem::exists(dir_ / name));
  EXPECT_TRUE(std::filesystem::exists(dir_ / young_name));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "something else"));
}

}  // namespace
}  // namespace keyfence
