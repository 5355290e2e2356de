#include "gateways/nginx/worker.h"

#include <cstring>
#include <span>
#include <tuple>
#include <utility>

#include "libs/base/random.h"

namespace keyfence::nginx {
namespace {

constexpr std::size_t kTimeBytes = 6;
constexpr std::size_t kRandomBytes = std::tuple_size_v<decltype(RequestId::bytes)> - kTimeBytes;
constexpr std::size_t kIdsPerDigest = std::tuple_size_v<decltype(KeyDigest::bytes)> / kRandomBytes;

// By sums and not by a table, so that the compiler makes all digits of an id at once.
constexpr char hex_digit(int nibble) noexcept {
  constexpr int kGap = 'a' - '9' - 1;
  return static_cast<char>('0' + nibble + (nibble > 9 ? kGap : 0));
}

}  // namespace

RequestIdSource::RequestIdSource() noexcept {
  fill_random(std::span(seed_and_counter_).first<32>());
}

RequestId RequestIdSource::next(Timestamp arrived) noexcept {
  const std::size_t part = counter_ % kIdsPerDigest;
  if (part == 0) {
    std::memcpy(seed_and_counter_.data() + 32, &counter_, sizeof counter_);
    digest_ = sha256({reinterpret_cast<const char*>(seed_and_counter_.data()), seed_and_counter_.size()});
  }
  ++counter_;

  RequestId id;
  id.arrived = arrived;
  std::memcpy(id.bytes.data() + kTimeBytes, digest_.bytes.data() + part * kRandomBytes, kRandomBytes);
  const auto millis = static_cast<std::uint64_t>(arrived.micros / 1000);
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(millis >> (8 * (kTimeBytes - 1 - i)));
  }
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    id.digits[2 * i] = hex_digit(id.bytes[i] >> 4);
    id.digits[2 * i + 1] = hex_digit(id.bytes[i] & 15);
  }
  return id;
}

Worker::Worker(const std::string& policy_dir, std::optional<SpoolOptions> usage_log) : image_(policy_dir) {
  guard_mapped_reads();
  if (usage_log) usage_log_.emplace(std::move(*usage_log));
}

}  // namespace keyfence::nginx
