#include "libs/image/packed_set.h"

#include <algorithm>

#include "libs/image/blocks_v4.h"
#include "libs/image/blocks_v6.h"
#include "libs/image/fetch_ahead.h"
#include "libs/image/search_tree.h"

namespace keyfence::image {
namespace {

// From here on the direct table pays: the tree needs one more line out of the caches.
constexpr std::size_t kBlocksFromIntervals = 8192;

template <class Number>
void merge_intervals(std::vector<Interval<Number>>& intervals) {
  if (intervals.empty()) return;
  std::sort(intervals.begin(), intervals.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < intervals.size(); ++i) {
    Interval<Number>& last = intervals[kept];
    const Interval<Number>& next = intervals[i];
    if (next.first <= last.last || next.first - 1 == last.last) {
      last.last = std::max(last.last, next.last);
    } else {
      intervals[++kept] = next;
    }
  }
  intervals.resize(kept + 1);
}

constexpr std::uint64_t high(uint128 number) noexcept {
  return static_cast<std::uint64_t>(number >> 64);
}
constexpr std::uint64_t low(uint128 number) noexcept {
  return static_cast<std::uint64_t>(number);
}

// Where membership toggles, ascending. A set that reaches the last address has no toggle there.
template <class Key, class Number, class Make>
std::vector<Key> toggles(std::span<const Interval<Number>> intervals, Make make) {
  std::vector<Key> out;
  out.reserve(intervals.size() * 2);
  for (const Interval<Number>& interval : intervals) {
    out.push_back(make(interval.first));
    const Number after = interval.last + 1;
    if (after != 0) out.push_back(make(after));
  }
  return out;
}

}  // namespace

void merge(std::vector<IntervalV4>& intervals) {
  merge_intervals(intervals);
}
void merge(std::vector<IntervalV6>& intervals) {
  merge_intervals(intervals);
}

PackedLines pack(std::span<const IntervalV4> intervals) {
  PackedLines out;
  if (intervals.empty()) return out;
  if (intervals.size() >= kBlocksFromIntervals) {
    if (pack_blocks_v4(intervals, out)) return out;
  }
  out.kind = SetKind::kTreeV4;
  build_tree<NodeV4>(toggles<std::uint32_t>(intervals, [](std::uint32_t n) { return n; }), out.lines);
  return out;
}

PackedLines pack(std::span<const IntervalV6> intervals) {
  PackedLines out;
  if (intervals.size() >= kBlocksFromIntervals && pack_blocks_v6(intervals, out)) return out;
  return pack_tree(intervals);
}

PackedLines pack_tree(std::span<const IntervalV6> intervals) {
  PackedLines out;
  if (intervals.empty()) return out;
  const bool only_high = std::all_of(intervals.begin(), intervals.end(), [](const IntervalV6& interval) {
    return low(interval.first) == 0 && low(interval.last) == ~std::uint64_t{0};
  });
  if (only_high) {
    out.kind = SetKind::kTreeV6High;
    build_tree<NodeV6High>(toggles<std::uint64_t>(intervals, high), out.lines);
  } else {
    out.kind = SetKind::kTreeV6;
    build_tree<NodeV6>(toggles<WideKey>(intervals, [](uint128 n) { return WideKey{high(n), low(n)}; }), out.lines);
  }
  return out;
}

Membership find_v4(SetKind kind, std::span<const Line> lines, const NodeV4* root, std::uint32_t address) noexcept {
  switch (kind) {
    case SetKind::kEmpty:
      return Membership::kOut;
    case SetKind::kTreeV4:
      return search_tree<NodeV4>(lines, root, address);
    case SetKind::kBlocksV4:
      return find_in_blocks_v4(lines, address);
    case SetKind::kTreeV6High:
    case SetKind::kTreeV6:
    case SetKind::kBlocksV6:
      break;
  }
  return Membership::kDamaged;
}

Membership find_v6(SetKind kind, std::span<const Line> lines, uint128 address) noexcept {
  switch (kind) {
    case SetKind::kEmpty:
      return Membership::kOut;
    case SetKind::kTreeV6High:
      return search_tree<NodeV6High>(lines, nullptr, high(address));
    case SetKind::kTreeV6:
      return search_tree<NodeV6>(lines, nullptr, WideKey{high(address), low(address)});
    case SetKind::kBlocksV6:
      return find_in_blocks_v6(lines, address);
    case SetKind::kTreeV4:
    case SetKind::kBlocksV4:
      break;
  }
  return Membership::kDamaged;
}

void prefetch_v4(SetKind kind, std::span<const Line> lines, std::uint32_t address) noexcept {
  if (kind == SetKind::kBlocksV4) return prefetch_blocks_v4(lines, address);
  if (!lines.empty()) fetch_ahead(lines.data());
}

void prefetch_v6(SetKind kind, std::span<const Line> lines, uint128 address) noexcept {
  if (kind == SetKind::kBlocksV6) return prefetch_blocks_v6(lines, address);
  if (!lines.empty()) fetch_ahead(lines.data());
}

}  // namespace keyfence::image

namespace keyfence {

PackedSet PackedSet::build(const AddressSet& set) {
  std::vector<image::IntervalV4> v4;
  std::vector<image::IntervalV6> v6;
  for (const IpRange& range : set.ranges()) {
    if (range.family() == IpFamily::kV4) {
      v4.push_back({range.first().v4_number(), range.last().v4_number()});
    } else {
      v6.push_back({range.first().number(), range.last().number()});
    }
  }
  PackedSet out;
  out.v4_ = image::pack(v4);
  out.v6_ = image::pack(v6);
  return out;
}

bool PackedSet::contains(const IpAddress& address) const noexcept {
  if (address.is_v4()) {
    return image::find_v4(v4_.kind, v4_.lines, nullptr, address.v4_number()) == image::Membership::kIn;
  }
  return image::find_v6(v6_.kind, v6_.lines, address.number()) == image::Membership::kIn;
}

}  // namespace keyfence
