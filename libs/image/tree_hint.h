#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "libs/image/format.h"

namespace keyfence::image {

// Of the 15 keys of a root, those that a hint knows.
inline constexpr std::array<std::uint8_t, 12> kHintedKeys = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14};
// A hint that cannot tell between more of a root's children than these is of no use for the rest.
inline constexpr std::size_t kChildrenAheadMax = 4;

// Of the IPv4 tree of a holder; all zero if it has none, or one that is no more than its root.
[[nodiscard]] TreeHint hint_of(const ListHolder& holder) noexcept;

// May be stored while readers load, who then see any mixture of both: it is only advice.
void store_hint(TreeHint& to, const TreeHint& hint) noexcept;
[[nodiscard]] TreeHint load_hint(const TreeHint& hint) noexcept;

// The children of the root that may be next for an address: of those numbered 0 to 15 the first and the last.
struct ChildRange {
  std::size_t first;
  std::size_t last;
};
[[nodiscard]] ChildRange likely_children(const TreeHint& hint, std::uint32_t address) noexcept;

}  // namespace keyfence::image
