#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/net/ip_range.h"

namespace keyfence {

// The obvious twin of AddressSet for tests, fuzzers and benchmarks: keeps the ranges as given and scans them.
class SlowAddressSet {
 public:
  SlowAddressSet() = default;
  explicit SlowAddressSet(std::vector<IpRange> ranges) : ranges_(std::move(ranges)) {}

  [[nodiscard]] bool contains(const IpAddress& address) const noexcept {
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const IpRange& range) { return range.contains(address); });
  }

 private:
  std::vector<IpRange> ranges_;
};

}  // namespace keyfence
