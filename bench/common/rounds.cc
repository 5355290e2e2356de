#include "bench/common/rounds.h"

#include <time.h>

#include <algorithm>
#include <cmath>

namespace keyfence::bench {
namespace {

std::uint64_t read_clock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

// Processor time of this thread: what else runs on the machine costs cache, but no time that is counted.
double timed(const Contest& contest, std::size_t count) {
  const std::uint64_t begin = read_clock(CLOCK_THREAD_CPUTIME_ID);
  contest.run(count);
  return static_cast<double>(read_clock(CLOCK_THREAD_CPUTIME_ID) - begin);
}

// How many operations fill the wanted time, found by doubling.
std::size_t calibrated_count(const Contest& contest, const RoundOptions& options) {
  const double wanted_ns = options.seconds_each * 1e9;
  std::size_t count = std::max<std::size_t>(options.count_min, 1);
  while (count < options.count_max) {
    const double took = timed(contest, count);
    if (took >= wanted_ns / 2) {
      count = static_cast<std::size_t>(static_cast<double>(count) * wanted_ns / std::max(took, 1.0));
      break;
    }
    count *= took < wanted_ns / 50 ? 8 : 2;
  }
  return std::clamp(count, std::max<std::size_t>(options.count_min, 1), options.count_max);
}

}  // namespace

std::uint64_t now_ns() {
  return read_clock(CLOCK_MONOTONIC);
}

Sample summarise(std::vector<double> values) {
  Sample sample;
  if (values.empty()) return sample;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  sample.median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  sample.min = values.front();
  sample.max = values.back();
  sample.rounds = values.size();
  return sample;
}

std::vector<std::vector<double>> run_rounds(std::span<const Contest> contests, const RoundOptions& options) {
  std::vector<std::size_t> counts;
  counts.reserve(contests.size());
  for (const Contest& contest : contests) counts.push_back(calibrated_count(contest, options));

  std::vector<std::vector<double>> nanoseconds(contests.size());
  for (std::size_t round = 0; round <= options.rounds; ++round) {
    for (std::size_t turn = 0; turn < contests.size(); ++turn) {
      const std::size_t i = (turn + round) % contests.size();
      const double each = timed(contests[i], counts[i]) / static_cast<double>(counts[i]);
      if (round > 0) nanoseconds[i].push_back(each);
    }
  }
  return nanoseconds;
}

}  // namespace keyfence::bench
