#include "gateways/nginx/worker.h"

#include <cstring>
#include <span>

#include "libs/base/random.h"

namespace keyfence::nginx {

RequestIdSource::RequestIdSource() noexcept {
  fill_random(std::span(seed_and_counter_).first<32>());
}

RequestId RequestIdSource::next() noexcept {
  const bool second_half = counter_ % 2 == 1;
  if (!second_half) {
    std::memcpy(seed_and_counter_.data() + 32, &counter_, sizeof counter_);
    half_used_ = sha256({reinterpret_cast<const char*>(seed_and_counter_.data()), seed_and_counter_.size()});
  }
  ++counter_;

  constexpr std::string_view kHex = "0123456789abcdef";
  const std::uint8_t* byte = half_used_.bytes.data() + (second_half ? 16 : 0);
  RequestId id;
  for (std::size_t i = 0; i < id.digits.size(); i += 2, ++byte) {
    id.digits[i] = kHex[*byte >> 4];
    id.digits[i + 1] = kHex[*byte & 15];
  }
  return id;
}

Worker::Worker(const std::string& policy_dir) : image_(policy_dir) {
  guard_mapped_reads();
}

}  // namespace keyfence::nginx
