#include "libs/image/compiled_list.h"

#include <algorithm>
#include <bit>
#include <queue>

#include "libs/image/format.h"

namespace keyfence::image {
namespace {

// Splits overlapping segments so that each address has one, with the latest expiry. A sweep over the starts with the
// open ones in a heap by expiry: O(n log n).
template <class Number>
void resolve_overlaps(std::vector<Segment<Number>>& segments) {
  if (segments.empty()) return;
  std::sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Segment<Number>> out;
  const auto emit = [&out](Number first, Number last, std::uint32_t until) {
    if (!out.empty() && out.back().until == until && out.back().last + 1 == first) {
      out.back().last = last;
    } else {
      out.push_back({first, last, until});
    }
  };
  const auto earlier = [](const Segment<Number>& a, const Segment<Number>& b) { return a.until < b.until; };
  std::priority_queue<Segment<Number>, std::vector<Segment<Number>>, decltype(earlier)> open(earlier);
  std::size_t next = 0;
  Number at = 0;
  while (next < segments.size() || !open.empty()) {
    if (open.empty()) at = segments[next].first;
    for (; next < segments.size() && segments[next].first <= at; ++next) open.push(segments[next]);
    while (!open.empty() && open.top().last < at) open.pop();
    if (open.empty()) continue;
    const Segment<Number> top = open.top();
    // The latest expiry holds until its end, or until another one starts.
    const bool cut = next < segments.size() && segments[next].first <= top.last;
    const Number last = cut ? static_cast<Number>(segments[next].first - 1) : top.last;
    emit(at, last, top.until);
    if (static_cast<Number>(last + 1) == 0) break;
    at = static_cast<Number>(last + 1);
  }
  segments = std::move(out);
}

constexpr int trailing_zeros(std::uint32_t n) noexcept {
  return std::countr_zero(n);
}
constexpr int trailing_zeros(uint128 n) noexcept {
  const auto low = static_cast<std::uint64_t>(n);
  return low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(static_cast<std::uint64_t>(n >> 64));
}

// Calls block(first, host_bits) for each CIDR block of an interval in order, until it answers false.
template <class Number, class Block>
bool each_block(const Interval<Number>& interval, Block block) {
  constexpr int kBits = static_cast<int>(sizeof(Number) * 8);
  Number first = interval.first;
  while (true) {
    int host_bits = first == 0 ? kBits : trailing_zeros(first);
    const auto mask = [](int bits) {
      return bits == kBits ? static_cast<Number>(~Number{0}) : static_cast<Number>((Number{1} << bits) - 1);
    };
    while (mask(host_bits) > interval.last - first) --host_bits;
    if (!block(first, host_bits)) return false;
    const Number last = first + mask(host_bits);
    if (last == interval.last) return true;
    first = last + 1;
  }
}

}  // namespace

void CompiledList::compile(const Allowlist& list) {
  flags = static_cast<std::uint16_t>(static_cast<unsigned>(list.mode) << kModeShift);
  if (list.when_empty == WhenEmpty::kAllow) flags |= kAllowsWhenEmpty;
  if (!list.entries.empty()) flags |= kHasEntries;
  v4.clear();
  v6.clear();
  expiring_v4.clear();
  expiring_v6.clear();
  for (const PolicyEntry& entry : list.entries) {
    if (entry.state != EntryState::kEnabled) continue;
    const IpAddress& first = entry.range.first();
    const IpAddress& last = entry.range.last();
    if (first.is_v4()) {
      if (entry.expires_at) {
        expiring_v4.push_back({first.v4_number(), last.v4_number(), entry.expires_at->value});
      } else {
        v4.push_back({first.v4_number(), last.v4_number()});
      }
    } else if (entry.expires_at) {
      expiring_v6.push_back({first.number(), last.number(), entry.expires_at->value});
    } else {
      v6.push_back({first.number(), last.number()});
    }
  }
  merge(v4);
  merge(v6);
  resolve_overlaps(expiring_v4);
  resolve_overlaps(expiring_v6);
}

bool CompiledList::as_prefixes(std::size_t max, std::vector<PrefixV4>& prefixes_v4,
                               std::vector<PrefixV6>& prefixes_v6) const {
  prefixes_v4.clear();
  prefixes_v6.clear();
  if (v4.size() + v6.size() > max) return false;
  const auto room = [&] { return prefixes_v4.size() + prefixes_v6.size() < max; };
  for (const IntervalV4& interval : v4) {
    const bool fits = each_block(interval, [&](std::uint32_t first, int host_bits) {
      if (!room()) return false;
      prefixes_v4.push_back({first, static_cast<std::uint8_t>(32 - host_bits)});
      return true;
    });
    if (!fits) return false;
  }
  for (const IntervalV6& interval : v6) {
    const bool fits = each_block(interval, [&](uint128 first, int host_bits) {
      if (!room() || host_bits < 64 || host_bits == 128) return false;
      prefixes_v6.push_back({static_cast<std::uint64_t>(first >> 64), static_cast<std::uint8_t>(128 - host_bits)});
      return true;
    });
    if (!fits) return false;
  }
  return true;
}

}  // namespace keyfence::image
