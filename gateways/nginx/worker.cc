#include "gateways/nginx/worker.h"

#include <cstring>
#include <span>
#include <utility>

#include "libs/base/random.h"

namespace keyfence::nginx {
namespace {

constexpr std::size_t kTimeBytes = 6;

}  // namespace

RequestIdSource::RequestIdSource() noexcept {
  fill_random(std::span(seed_and_counter_).first<32>());
}

RequestId RequestIdSource::next(Timestamp arrived) noexcept {
  const bool second_half = counter_ % 2 == 1;
  if (!second_half) {
    std::memcpy(seed_and_counter_.data() + 32, &counter_, sizeof counter_);
    half_used_ = sha256({reinterpret_cast<const char*>(seed_and_counter_.data()), seed_and_counter_.size()});
  }
  ++counter_;

  RequestId id;
  id.arrived = arrived;
  std::memcpy(id.bytes.data(), half_used_.bytes.data() + (second_half ? 16 : 0), id.bytes.size());
  const auto millis = static_cast<std::uint64_t>(arrived.micros / 1000);
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(millis >> (8 * (kTimeBytes - 1 - i)));
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    id.digits[2 * i] = kHex[id.bytes[i] >> 4];
    id.digits[2 * i + 1] = kHex[id.bytes[i] & 15];
  }
  return id;
}

Worker::Worker(const std::string& policy_dir, std::optional<SpoolOptions> usage_log) : image_(policy_dir) {
  guard_mapped_reads();
  if (usage_log) usage_log_.emplace(std::move(*usage_log));
}

}  // namespace keyfence::nginx
