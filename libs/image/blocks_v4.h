#pragma once

#include <cstdint>
#include <span>

#include "libs/image/packed_set.h"

// A long IPv4 set: a direct table over the upper 16 bits, and for each block of 65,536 addresses the lower 16 bits at
// which membership toggles, packed so that one vector compare counts 8 of them. A block with more than 1,024 toggles
// is a bitmap.
namespace keyfence::image {

// False if it cannot be expressed (beyond 256 MiB).
[[nodiscard]] bool pack_blocks_v4(std::span<const IntervalV4> intervals, PackedLines& out);
[[nodiscard]] Membership find_in_blocks_v4(std::span<const Line> lines, std::uint32_t address) noexcept;
void prefetch_blocks_v4(std::span<const Line> lines, std::uint32_t address) noexcept;

}  // namespace keyfence::image
