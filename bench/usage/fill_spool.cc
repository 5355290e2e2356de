// Writes a usage log's worth of records into a spool, as a gateway would have over the last twenty hours.
//
//   bench_fill_spool SPOOL_DIR ROWS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "libs/base/clock.h"
#include "libs/usage/spool_writer.h"

int main(int argc, char** argv) {
  using namespace keyfence;
  if (argc != 3) {
    std::fputs("usage: bench_fill_spool SPOOL_DIR ROWS\n", stderr);
    return 2;
  }
  const std::uint64_t rows = std::strtoull(argv[2], nullptr, 10);
  constexpr std::int64_t kSpan = std::chrono::microseconds(std::chrono::hours(20)).count();
  const std::int64_t start = SystemClock{}.now().micros - kSpan;
  std::mt19937_64 random(1);
  SpoolWriter writer({.dir = argv[1], .gateway = "bench", .spool_bytes_max = std::uint64_t{4} << 30});
  for (std::uint64_t n = 0; n < rows; ++n) {
    UsageRecord record;
    record.at = Timestamp{start + static_cast<std::int64_t>(n) * (kSpan / static_cast<std::int64_t>(rows))};
    for (std::uint8_t& byte : record.request_id) byte = static_cast<std::uint8_t>(random());
    record.address = IpAddress::v4(static_cast<std::uint32_t>(random()));
    const bool allowed = random() % 20 != 0;
    record.decision.outcome = allowed ? Outcome::kAllow : Outcome::kDeny;
    record.decision.reason = allowed ? Reason::kAllowed : Reason::kAddressDeniedKey;
    record.decision.layer = allowed ? Layer::kNone : Layer::kKey;
    record.decision.key = KeyId((std::uint64_t{1} << 58) + random() % 100 * 977);
    record.status = allowed ? 200 : 403;
    record.bytes_sent = 300 + random() % 3000;
    record.duration_micros = 500 + random() % 50'000;
    record.method = random() % 4 == 0 ? "POST" : "GET";
    record.host = "api.example.com";
    const std::string path = "/v1/items/" + std::to_string(random() % 1000);
    record.path = path;
    record.user_agent = "client/1.0 (linux; x86_64)";
    if (writer.append(record) != SpoolOutcome::kStored) {
      std::fputs("the spool is full\n", stderr);
      return 1;
    }
  }
  std::printf("{\"kind\":\"filled\",\"rows\":%llu}\n", static_cast<unsigned long long>(rows));
  return 0;
}
