// The usage log alone: how fast records are appended to the spool, drained into the store and read back.
//
//   usage_bench [ROWS]    prints one line of JSON; works in a directory of its own under TMPDIR
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "libs/usage/drain.h"
#include "libs/usage/spool_reader.h"
#include "libs/usage/spool_writer.h"
#include "libs/usage/usage_store.h"

namespace {

using namespace keyfence;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

constexpr std::size_t kKeys = 10'000;
constexpr std::size_t kPerSecond = 10'000;

UsageRecord made_up(std::uint64_t n, std::mt19937_64& random, std::vector<std::string>& paths,
                    std::vector<std::string>& agents) {
  UsageRecord record;
  const Timestamp start{1'790'000'000'000'000};
  record.at = Timestamp{start.micros + static_cast<std::int64_t>(n * (1'000'000 / kPerSecond))};
  const auto millis = static_cast<std::uint64_t>(record.at.micros / 1000);
  for (std::size_t i = 0; i < 6; ++i) record.request_id[i] = static_cast<std::uint8_t>(millis >> (8 * (5 - i)));
  for (std::size_t i = 6; i < 16; ++i) record.request_id[i] = static_cast<std::uint8_t>(random());
  record.address = IpAddress::v4(static_cast<std::uint32_t>(random()));
  const std::uint64_t key = random() % kKeys;
  record.decision.key = KeyId((std::uint64_t{1} << 58) + key * 977);
  record.decision.account = AccountId((std::uint64_t{1} << 58) + key % 100);
  const bool allowed = random() % 20 != 0;
  record.decision.outcome = allowed ? Outcome::kAllow : Outcome::kDeny;
  record.decision.reason = allowed ? Reason::kAllowed : Reason::kAddressDeniedKey;
  record.decision.layer = allowed ? Layer::kNone : Layer::kKey;
  record.decision.revision = Revision{123'456};
  record.status = allowed ? 200 : 403;
  record.bytes_sent = 300 + random() % 3000;
  record.duration_micros = 500 + random() % 50'000;
  record.method = random() % 4 == 0 ? "POST" : "GET";
  record.host = "api.example.com";
  record.path = paths[random() % paths.size()];
  record.user_agent = agents[random() % agents.size()];
  return record;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  std::string name = (std::filesystem::temp_directory_path() / "keyfence-usage-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return 1;
  const std::filesystem::path dir = name;
  const std::filesystem::path spool = dir / "spool";
  std::filesystem::create_directories(spool);
  std::mt19937_64 random(1);
  std::vector<std::string> paths;
  std::vector<std::string> agents;
  paths.reserve(1000);
  agents.reserve(200);
  for (int i = 0; i < 1000; ++i) paths.push_back("/v1/items/" + std::to_string(i));
  for (int i = 0; i < 200; ++i) agents.push_back("client/" + std::to_string(i) + " (linux; x86_64)");

  double append_seconds = 0;
  double store_seconds = 0;
  std::vector<StorableRecord> records;
  auto opened = open_sqlite_usage_store(dir / "usage");
  if (!opened) return 1;
  UsageStore& store = **opened;
  std::uint64_t stored = 0;
  constexpr std::uint64_t kBatch = 20'000;
  std::uint64_t sequence = 0;
  for (std::uint64_t from = 0; from < rows; from += kBatch) {
    std::vector<UsageRecord> batch;
    for (std::uint64_t n = from; n < std::min(rows, from + kBatch); ++n) {
      batch.push_back(made_up(n, random, paths, agents));
    }
    {
      SpoolWriter writer({.dir = spool, .gateway = "bench", .segment_bytes = 8 << 20});
      (void)writer.append(batch[0]);
      const auto start = Steady::now();
      for (std::size_t i = 1; i < batch.size(); ++i) (void)writer.append(batch[i]);
      append_seconds += seconds_since(start);
    }
    const auto start = Steady::now();
    for (const SpoolSegment& segment : list_spool(spool)) {
      records.clear();
      const auto read = read_segment(segment, 0, 64 << 20, [&](const UsageRecord& record, std::uint64_t end) {
        records.push_back(
            {.record = record, .matched = {.global = {}, .account = {}, .key = EntryId(77)}, .offset = end});
      });
      if (!read) return 1;
      const auto done = store.store({.to = {segment.writer, ++sequence, read->next_offset},
                                     .gateway = read->gateway,
                                     .dropped = 0,
                                     .damaged = 0,
                                     .records = records});
      if (!done) {
        std::fprintf(stderr, "%s\n", done.error().detail.c_str());
        return 1;
      }
      stored += records.size();
      remove_segment(segment);
    }
    store_seconds += seconds_since(start);
  }
  const UsageStats stats = store.stats().value();

  UsageFilter filter;
  filter.key = KeyId((std::uint64_t{1} << 58) + 5 * 977);
  filter.status_min = filter.status_max = 403;
  (void)store.query(filter, std::nullopt, 50, [](const StoredRecord&) { return true; });
  auto start = Steady::now();
  std::size_t found = 0;
  for (int i = 0; i < 20; ++i) {
    filter.key = KeyId((std::uint64_t{1} << 58) + static_cast<std::uint64_t>(i + 100) * 977);
    (void)store.query(filter, std::nullopt, 50, [&found](const StoredRecord&) { return ++found > 0; });
  }
  const double last_50_ms = seconds_since(start) / 20 * 1000;
  start = Steady::now();
  std::uint64_t read_rows = 0;
  (void)store.query({}, std::nullopt, rows, [&read_rows](const StoredRecord&) { return ++read_rows > 0; });
  const double scan_seconds = seconds_since(start);
  std::printf(
      "{\"rows\":%llu,\"append_ns\":%.0f,\"drain_rows_per_second\":%.0f,\"bytes_per_row\":%.1f,"
      "\"last_50_of_key_and_status_ms\":%.2f,\"found\":%zu,\"scan_rows_per_second\":%.0f}\n",
      static_cast<unsigned long long>(stored), append_seconds / static_cast<double>(rows) * 1e9,
      static_cast<double>(stored) / store_seconds, static_cast<double>(stats.bytes) / static_cast<double>(stored),
      last_50_ms, found, static_cast<double>(read_rows) / scan_seconds);
  std::filesystem::remove_all(dir);
  return 0;
}
