#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libs/image/packed_set.h"

// A block of 65,536 numbers of which some are members: the numbers at which membership toggles, packed so that one
// vector compare counts 8 of them, or a bitmap where there are more than 1,024.
//
// Shape    An entry of 32 bits: kind in bits 0-1, membership of the last number in bit 2, vectors less one in bits 3-8,
//          place in bits 9-31 in units of 32 bytes of the area that all blocks share. A vector is 16 toggles,
//          ascending; zeros before the first fill it up. More than four vectors begin with the first toggle of each.
namespace keyfence::image {

enum BlockKind : std::uint32_t { kUniformBlock = 0, kVectorBlock = 1, kBitmapBlock = 2, kOtherBlock = 3 };
inline constexpr std::size_t kBlockUnitBytes = 32;

[[nodiscard]] constexpr std::uint32_t block_entry(std::uint32_t kind, bool state, std::size_t vectors,
                                                  std::size_t place) noexcept {
  return kind | (state ? 4U : 0U) | static_cast<std::uint32_t>(vectors == 0 ? 0 : vectors - 1) << 3 |
         static_cast<std::uint32_t>(place) << 9;
}
[[nodiscard]] constexpr std::uint32_t block_kind(std::uint32_t entry) noexcept {
  return entry & 3U;
}
[[nodiscard]] constexpr unsigned block_state(std::uint32_t entry) noexcept {
  return (entry >> 2) & 1U;
}
[[nodiscard]] constexpr std::size_t block_offset(std::uint32_t entry) noexcept {
  return std::size_t{entry >> 9} * kBlockUnitBytes;
}

// Collects blocks into one area.
class BlockPacker {
 public:
  // Toggles ascending, none at 0; final_state is the membership of the block's last number. Returns the entry.
  [[nodiscard]] std::uint32_t pack(const std::vector<std::uint16_t>& toggles, bool final_state);
  [[nodiscard]] bool is_too_large() const noexcept;
  [[nodiscard]] const std::vector<std::uint8_t>& area() const noexcept { return area_; }

 private:
  void append(const std::vector<std::uint16_t>& values);
  [[nodiscard]] std::uint32_t pack_bitmap(const std::vector<std::uint16_t>& toggles, bool final_state);
  std::vector<std::uint8_t> area_;
};

// Whether a number of a block is a member; reads nothing outside the area.
[[nodiscard]] Membership find_in_block(std::uint32_t entry, const std::uint8_t* area, std::size_t area_bytes,
                                       std::uint16_t number) noexcept;

}  // namespace keyfence::image
