#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace keyfence::bench {

struct Sample {
  double median = 0;
  double min = 0;
  double max = 0;
  std::size_t rounds = 0;
};
[[nodiscard]] Sample summarise(std::vector<double> values);

// Something that can be done a number of times in a row.
struct Contest {
  std::string name;
  std::function<void(std::size_t count)> run;
};

struct RoundOptions {
  std::size_t rounds = 9;
  double seconds_each = 0.05;  // how long one contest of one round lasts, about
  std::size_t count_min = 1;
  std::size_t count_max = 100'000'000;
};

// Nanoseconds of processor time per operation of each contest. The contests take turns within every round, in an order
// that moves on by one with each, so that a slow moment of the machine falls on all of them; a first round is not
// counted.
[[nodiscard]] std::vector<std::vector<double>> run_rounds(std::span<const Contest> contests,
                                                          const RoundOptions& options);

[[nodiscard]] std::uint64_t now_ns();  // monotonic

}  // namespace keyfence::bench
