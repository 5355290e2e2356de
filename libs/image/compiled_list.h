#pragma once

#include <cstdint>
#include <vector>

#include "libs/image/packed_set.h"
#include "libs/policy/policy.h"

namespace keyfence::image {

struct PrefixV4 {
  std::uint32_t address;
  std::uint8_t length;
};
// The upper 64 bits of an IPv6 block of /1 to /64.
struct PrefixV6 {
  std::uint64_t high;
  std::uint8_t length;
};

template <class Number>
struct Segment {
  Number first;
  Number last;
  std::uint32_t until;
  friend constexpr bool operator==(const Segment&, const Segment&) noexcept = default;
};

// A list as the image holds it: permanent entries as merged intervals; expiring ones apart, as disjoint sorted
// segments, each with the latest expiry of the entries that cover it. Disabled entries are gone, but has_entries tells
// that they stood there.
//
// Threads  A value; reused as scratch by compile(), which keeps its memory.
struct CompiledList {
  std::uint16_t flags = 0;  // mode, when_empty, has_entries (format.h)
  std::vector<IntervalV4> v4;
  std::vector<IntervalV6> v6;
  std::vector<Segment<std::uint32_t>> expiring_v4;
  std::vector<Segment<uint128>> expiring_v6;

  void compile(const Allowlist& list);
  // The permanent part as CIDR blocks. False, with the vectors unspecified, if it takes more than max blocks, or IPv6
  // blocks that are longer than /64 or /0.
  [[nodiscard]] bool as_prefixes(std::size_t max, std::vector<PrefixV4>& prefixes_v4,
                                 std::vector<PrefixV6>& prefixes_v6) const;
};

}  // namespace keyfence::image
