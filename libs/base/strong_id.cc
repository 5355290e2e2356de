#include "libs/base/strong_id.h"

#include <array>
#include <span>

#include "libs/base/clock.h"
#include "libs/base/random.h"

namespace keyfence {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::int64_t kEpochMillis = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
constexpr int kRandomBits = 22;

// Of the system, for many ids at once: ids have to differ, not to be secret.
std::uint64_t next_random() {
  static thread_local std::array<std::uint64_t, 32> numbers;
  static thread_local std::size_t left = 0;
  if (left == 0) {
    left = numbers.size();
    fill_random(std::span(reinterpret_cast<std::uint8_t*>(numbers.data()), sizeof numbers));
  }
  return numbers[--left];
}

}  // namespace

void write_crockford(std::span<char, kCrockfordDigits> out, std::uint64_t value) noexcept {
  for (std::size_t i = 0; i < kCrockfordDigits; ++i) {
    out[kCrockfordDigits - 1 - i] = kDigits[value >> (5 * i) & 31U];
  }
}

void append_crockford(std::string& out, std::uint64_t value) {
  out.resize(out.size() + kCrockfordDigits);
  write_crockford(std::span(out).last<kCrockfordDigits>(), value);
}

std::optional<std::uint64_t> parse_crockford(std::string_view digits) noexcept {
  if (digits.size() != kCrockfordDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t digit = kDigits.find(digits[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    if (i == 0 && digit > 15) return std::nullopt;  // 13 digits hold 65 bits
    value = value << 5 | digit;
  }
  return value;
}

std::uint64_t IdSource::next() {
  const std::uint64_t random = next_random();
  const auto millis = static_cast<std::uint64_t>(SystemClock{}.now().micros / 1000 - kEpochMillis);
  const std::uint64_t fresh = (millis & ((1ULL << 41) - 1)) << kRandomBits | (random >> (64 - kRandomBits + 1));
  const std::lock_guard lock(mutex_);
  last_ = fresh > last_ ? fresh : last_ + 1 + (random & 15U);
  return last_;
}

}  // namespace keyfence
