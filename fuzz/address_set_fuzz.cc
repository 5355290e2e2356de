// Sets built from arbitrary ranges, and the operations on them, compared with the scanning twin at every place where a
// range begins or ends.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "libs/base/assert.h"
#include "libs/net/address_set.h"
#include "libs/net/slow_address_set.h"

namespace {

using keyfence::AddressSet;
using keyfence::IpAddress;
using keyfence::IpRange;
using keyfence::uint128;

// One byte of shape, then four bytes of number for each end: at the low end of a family, at its high end, or round the
// IPv4-mapped addresses.
constexpr std::size_t kBytesPerRange = 9;

IpAddress address_of(std::uint8_t shape, std::span<const std::uint8_t> bytes) {
  std::uint32_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  switch (shape & 3U) {
    case 0:
      return IpAddress::v4(number);
    case 1:
      return IpAddress::v6(number);
    case 2:
      return IpAddress::v6(~uint128{number});
    default:
      return IpAddress::v6((uint128{0xFFFE} << 32) + (uint128{number} << 2));
  }
}

std::vector<IpRange> ranges_of(std::span<const std::uint8_t> data, std::uint8_t side) {
  std::vector<IpRange> out;
  for (; data.size() >= kBytesPerRange; data = data.subspan(kBytesPerRange)) {
    if ((data[0] & 0x80U) != side) continue;
    const IpAddress a = address_of(data[0], data.subspan(1, 4));
    const IpAddress b = address_of(data[0] >> 2, data.subspan(5, 4));
    if (const auto range = IpRange::make(std::min(a, b), std::max(a, b))) out.push_back(*range);
  }
  return out;
}

AddressSet built(const std::vector<IpRange>& ranges) {
  keyfence::AddressSetBuilder builder;
  return std::move(builder.add(ranges)).build();
}

std::vector<IpAddress> probes(const std::vector<IpRange>& a, const std::vector<IpRange>& b) {
  std::vector<IpAddress> out;
  for (const auto* ranges : {&a, &b}) {
    for (const IpRange& range : *ranges) {
      for (const IpAddress& end : {range.first(), range.last()}) {
        out.push_back(end);
        if (const auto next = next_address(end)) out.push_back(*next);
        if (const auto previous = previous_address(end)) out.push_back(*previous);
      }
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, std::min(size, 64 * kBytesPerRange));
  const std::vector<IpRange> ranges_a = ranges_of(bytes, 0);
  const std::vector<IpRange> ranges_b = ranges_of(bytes, 0x80);
  const AddressSet a = built(ranges_a);
  const AddressSet b = built(ranges_b);
  const keyfence::SlowAddressSet slow_a(ranges_a);
  const keyfence::SlowAddressSet slow_b(ranges_b);
  const AddressSet either = a.united(b);
  const AddressSet both = a.intersected(b);
  const AddressSet only_a = a.without(b);
  for (const IpAddress& probe : probes(ranges_a, ranges_b)) {
    const bool in_a = slow_a.contains(probe);
    const bool in_b = slow_b.contains(probe);
    KF_ASSERT(a.contains(probe) == in_a);
    KF_ASSERT(either.contains(probe) == (in_a || in_b));
    KF_ASSERT(both.contains(probe) == (in_a && in_b));
    KF_ASSERT(only_a.contains(probe) == (in_a && !in_b));
  }
  KF_ASSERT(only_a.united(both) == a);
  KF_ASSERT(a.overlaps(b) == !both.empty());
  for (const IpRange& range : either.ranges()) {
    const std::vector<IpRange> cover = range.cidr_cover();
    KF_ASSERT(cover.front().first() == range.first() && cover.back().last() == range.last());
    for (const IpRange& block : cover) KF_ASSERT(block.prefix_length().has_value());
    KF_ASSERT(built(cover).ranges().size() == 1);
  }
  return 0;
}
