// The usage log alone: how fast records are appended to the spool, drained into the store and read back.
//
//   bench_usage [ROWS]    prints one line of JSON; works in a directory of its own under TMPDIR
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "libs/admin/routes/usage/csv.h"
#include "libs/usage/drain.h"
#include "libs/usage/spool_reader.h"
#include "libs/usage/spool_writer.h"
#include "libs/usage/usage_store.h"

namespace {

using namespace keyfence;
// Processor time of this thread: the same on a busy machine.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
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
  std::unique_ptr<UsageStore> store = std::move(*opened);
  std::uint64_t stored = 0;
  constexpr std::uint64_t kBatch = 20'000;
  // What the drain takes at a time when it has to catch up, and about what a second of full load writes.
  constexpr std::uint64_t kTransaction = 80'000;
  std::uint64_t backlog = 0;
  for (std::uint64_t from = 0; from < rows; from += kBatch) {
    std::vector<UsageRecord> batch;
    for (std::uint64_t n = from; n < std::min(rows, from + kBatch); ++n) {
      batch.push_back(made_up(n, random, paths, agents));
    }
    {
      SpoolWriter writer({.dir = spool, .gateway = "bench"});  // segments of the size that gateways make
      (void)writer.append(batch[0]);
      const double start = thread_seconds();
      for (std::size_t i = 1; i < batch.size(); ++i) (void)writer.append(batch[i]);
      append_seconds += thread_seconds() - start;
    }
    backlog += batch.size();
    if (backlog < kTransaction && from + kBatch < rows) continue;
    backlog = 0;
    // As the drain does it: what is there of all segments goes into one transaction.
    const double start = thread_seconds();
    records.clear();
    std::vector<std::size_t> firsts;
    std::vector<SegmentRead> reads;
    const std::vector<SpoolSegment> segments = list_spool(spool);
    for (const SpoolSegment& segment : segments) {
      firsts.push_back(records.size());
      auto read = read_segment(segment, 0, 64 << 20, [&](const UsageRecord& record, std::uint64_t end) {
        const EntryId entry(record.decision.outcome == Outcome::kAllow ? record.decision.key.value() + 1 : 0);
        records.push_back({.record = record, .matched = {.global = {}, .account = {}, .key = entry}, .offset = end});
      });
      if (!read) return 1;
      reads.push_back(std::move(*read));
    }
    firsts.push_back(records.size());
    std::vector<UsageBatch> batches;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      batches.push_back({.to = {segments[i].writer, segments[i].sequence, reads[i].next_offset},
                         .gateway = reads[i].gateway,
                         .dropped = 0,
                         .damaged = 0,
                         .records = std::span(records).subspan(firsts[i], firsts[i + 1] - firsts[i])});
    }
    if (const auto done = store->store(batches); !done) {
      std::fprintf(stderr, "%s\n", done.error().detail.c_str());
      return 1;
    }
    stored += records.size();
    for (const SpoolSegment& segment : segments) remove_segment(segment);
    store_seconds += thread_seconds() - start;
  }
  const std::uint64_t bytes_with_journal = store->stats().value().bytes;
  store.reset();  // the journal goes into the file
  opened = open_sqlite_usage_store(dir / "usage");
  if (!opened) return 1;
  store = std::move(*opened);
  const std::uint64_t bytes = store->stats().value().bytes;

  UsageFilter filter;
  std::size_t found = 0;
  std::vector<double> last_50_ms;
  for (int i = 0; i < 101; ++i) {
    filter.key = KeyId((std::uint64_t{1} << 58) + static_cast<std::uint64_t>(i) * 977);
    filter.status_min = filter.status_max = 403;
    const double start = thread_seconds();
    (void)store->query(filter, std::nullopt, 50, [&found](const StoredRecord&) { return ++found > 0; });
    last_50_ms.push_back((thread_seconds() - start) * 1000);
  }
  std::sort(last_50_ms.begin(), last_50_ms.end());

  // As /usage.csv does it: a page at a time, nothing held between two.
  double start = thread_seconds();
  std::uint64_t csv_rows = 0;
  std::uint64_t csv_bytes = 0;
  std::string piece;
  std::optional<UsageCursor> cursor;
  for (std::uint64_t got = 1; got > 0;) {
    got = 0;
    piece.clear();
    (void)store->query({}, cursor, 4096, [&](const StoredRecord& record) {
      routes::usage::append_csv(record, piece);
      cursor = UsageCursor{record.day, record.id};
      return ++got > 0;
    });
    csv_rows += got;
    csv_bytes += piece.size();
  }
  const double csv_seconds = thread_seconds() - start;

  start = thread_seconds();
  (void)store->summary({}, GroupBy::kReason, std::chrono::seconds(3600), 1000);
  const double summary_seconds = thread_seconds() - start;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto per = [](std::uint64_t count, double seconds) { return static_cast<double>(count) / seconds; };
  std::printf(
      "{\"kind\":\"usage\",\"rows\":%llu,\"append_ns\":%.0f,\"drain_rows_per_second\":%.0f,\"bytes_per_row\":%.1f,"
      "\"bytes_per_row_with_journal\":%.1f,\"last_50_of_key_and_status_ms\":{\"median\":%.2f,\"p99\":%.2f},"
      "\"found\":%zu,\"csv_rows_per_second\":%.0f,\"csv_bytes\":%llu,\"summary_seconds\":%.2f,"
      "\"resident_bytes_max\":%lld}\n",
      static_cast<unsigned long long>(stored), append_seconds / static_cast<double>(rows) * 1e9,
      per(stored, store_seconds), per(bytes, static_cast<double>(stored)),
      per(bytes_with_journal, static_cast<double>(stored)), last_50_ms[50], last_50_ms[99], found,
      per(csv_rows, csv_seconds), static_cast<unsigned long long>(csv_bytes), summary_seconds,
      static_cast<long long>(used.ru_maxrss) * 1024);
  std::filesystem::remove_all(dir);
  return stored == rows && csv_rows == rows ? 0 : 1;
}
