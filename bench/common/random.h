#pragma once

#include <cmath>
#include <cstdint>

namespace keyfence::bench {

// SplitMix64: one step from any number to a well-mixed one. Source: Steele, Lea, Flood, "Fast splittable pseudorandom
// number generators", 2014.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// A repeatable stream of random numbers: the same seed, the same benchmark.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(mixed(seed)) {}

  [[nodiscard]] std::uint64_t next() noexcept { return mixed(state_ += 0x9E3779B97F4A7C15); }
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{next()} * bound) >> 64);
  }
  [[nodiscard]] double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)

 private:
  std::uint64_t state_;
};

// Ranks 0 .. n - 1, rank r with a weight of 1 / (r + 1)^exponent, exponent not exactly 1; by inversion of the
// integral, which is close enough to a Zipf law for a benchmark.
class Zipf {
 public:
  Zipf(std::uint64_t n, double exponent) noexcept
      : n_(n), power_(1.0 - exponent), top_(std::pow(static_cast<double>(n) + 1.0, power_)) {}

  [[nodiscard]] std::uint64_t operator()(Random& random) const noexcept {
    const double x = std::pow(1.0 + random.unit() * (top_ - 1.0), 1.0 / power_) - 1.0;
    const auto rank = static_cast<std::uint64_t>(x);
    return rank < n_ ? rank : n_ - 1;
  }

 private:
  std::uint64_t n_;
  double power_;
  double top_;
};

}  // namespace keyfence::bench
