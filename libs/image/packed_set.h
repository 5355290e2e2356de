#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "libs/base/uint128.h"
#include "libs/image/format.h"
#include "libs/net/address_set.h"

namespace keyfence::image {

// All numbers from first to last, both included.
template <class Number>
struct Interval {
  Number first;
  Number last;
  friend constexpr bool operator==(const Interval&, const Interval&) noexcept = default;
};
using IntervalV4 = Interval<std::uint32_t>;
using IntervalV6 = Interval<uint128>;

struct alignas(kLineBytes) Line {
  std::array<std::uint8_t, kLineBytes> bytes;
};

// A set of one family as relocatable lines.
struct PackedLines {
  SetKind kind = SetKind::kEmpty;
  std::uint32_t crc = 0;  // of all lines, where they have no checks of their own; 0 otherwise
  std::vector<Line> lines;
};

// Packs disjoint, sorted, non-adjacent intervals. O(n).
[[nodiscard]] PackedLines pack(std::span<const IntervalV4> intervals);
[[nodiscard]] PackedLines pack(std::span<const IntervalV6> intervals);

// The same as a search tree, whatever the size.
[[nodiscard]] PackedLines pack_tree(std::span<const IntervalV6> intervals);

// Sorts intervals and merges those that overlap or touch.
void merge(std::vector<IntervalV4>& intervals);
void merge(std::vector<IntervalV6>& intervals);

enum class Membership : std::uint8_t { kOut = 0, kIn = 1, kDamaged = 2 };

// Whether the address is in the set. Kinds whose lines have checks of their own are checked on the way; the others
// must have been verified against their crc before. Whatever the lines hold, only the given ones are read.
// root stands in place of the first node of a tree.
[[nodiscard]] Membership find_v4(SetKind kind, std::span<const Line> lines, const NodeV4* root,
                                 std::uint32_t address) noexcept;
[[nodiscard]] Membership find_v6(SetKind kind, std::span<const Line> lines, uint128 address) noexcept;
// Asks for the memory that find_v4() will need; address as there. Touches the direct table.
void prefetch_v4(SetKind kind, std::span<const Line> lines, std::uint32_t address) noexcept;
void prefetch_v6(SetKind kind, std::span<const Line> lines, uint128 address) noexcept;

[[nodiscard]] constexpr bool has_own_checks(SetKind kind) noexcept {
  return kind == SetKind::kTreeV4 || kind == SetKind::kTreeV6High || kind == SetKind::kTreeV6;
}

}  // namespace keyfence::image

namespace keyfence {

// An address set in the form that the policy image holds: built for look-ups that miss the caches.
//
// Shape    Immutable; lines of 64 bytes for each family. Short sets are static search trees over the addresses where
//          membership toggles; long ones a direct table over the upper bits and packed toggles below it.
// Threads  A value; const use is shared freely.
// Cost     contains() touches two or three lines outside the caches even for a million prefixes; allocates nothing.
// Source   docs/decisions/0011-image-sets.md.
class PackedSet {
 public:
  [[nodiscard]] static PackedSet build(const AddressSet& set);

  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept { return (v4_.lines.size() + v6_.lines.size()) * image::kLineBytes; }

 private:
  PackedSet() = default;
  image::PackedLines v4_;
  image::PackedLines v6_;
};

}  // namespace keyfence
