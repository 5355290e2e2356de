#pragma once

#include <span>

#include "libs/image/packed_set.h"

// A long IPv6 set: a hash table of the /32 blocks that are members in part, one line each, and below it the whole
// blocks as a set of numbers of 32 bits (blocks_v4.h). A block's line holds where membership toggles among its /48s;
// one with too many of them points to a toggle block, one that is finer than /48 to a search tree.
namespace keyfence::image {

// False if another form is smaller by far.
[[nodiscard]] bool pack_blocks_v6(std::span<const IntervalV6> intervals, PackedLines& out);
[[nodiscard]] Membership find_in_blocks_v6(std::span<const Line> lines, uint128 address) noexcept;
void prefetch_blocks_v6(std::span<const Line> lines, uint128 address) noexcept;

}  // namespace keyfence::image
