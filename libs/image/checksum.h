#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "libs/base/crc32c.h"

// The checks of the policy image. All are of CRC-32C, in hardware where the processor has it (chosen at run time) and
// by table elsewhere, with the same result: any machine reads any image.
namespace keyfence::image {

using keyfence::crc32c;

// Which bytes of a 64-byte line its check leaves out, beside the check itself (the last two).
enum class LineHead : std::uint8_t {
  kCovered,  // none
  kControl,  // the first four: a word that changes after the line was published
};

// What belongs to a line and stands elsewhere.
struct Beside {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

// The check of one line: two CRC-32C chains of 32 bytes each, chained and folded to 16 bits. One flipped bit never
// goes unseen (checksum_test.cc).
[[nodiscard]] std::uint16_t line_check(const void* line, LineHead head, Beside beside = {}) noexcept;

// A 48-bit value and 16 bits of check in one word that can be stored atomically. Zero is no sealed word.
[[nodiscard]] std::uint64_t seal(std::uint64_t value) noexcept;
// The value, or kUnsealed if the word is damaged.
inline constexpr std::uint64_t kUnsealed = ~std::uint64_t{0};
[[nodiscard]] std::uint64_t unseal(std::uint64_t word) noexcept;

// A 26-bit value and 6 bits of check (Hsiao's code, distance 4): three flipped bits never go unseen, and never turn a
// word into 0, the word of 0. Its columns are every 6-bit vector of weight 3 or 5, of which there are exactly 26, kept
// as one mask of value bits for each check bit.
inline constexpr std::array<std::uint32_t, 6> kControlMasks = [] {
  std::array<std::uint32_t, 6> masks{};
  unsigned column = 0;
  for (unsigned vector = 0; vector < 64; ++vector) {
    const int weight = std::popcount(vector);
    if (weight != 3 && weight != 5) continue;
    for (unsigned row = 0; row < 6; ++row) {
      if ((vector >> row & 1U) != 0) masks[row] |= 1U << column;
    }
    ++column;
  }
  return masks;
}();
// Parity and not popcount: builds run on any x86-64, where popcount is a call.
[[nodiscard]] constexpr std::uint32_t encode_control(std::uint32_t value) noexcept {
  std::uint32_t check = 0;
  for (unsigned row = 0; row < kControlMasks.size(); ++row) {
    check |= static_cast<std::uint32_t>(__builtin_parity(value & kControlMasks[row])) << row;
  }
  return (value << 6) | check;
}
inline constexpr std::uint32_t kControlMax = (1U << 26) - 1;
inline constexpr std::uint32_t kControlDamaged = ~std::uint32_t{0};
[[nodiscard]] constexpr std::uint32_t decode_control(std::uint32_t word) noexcept {
  const std::uint32_t value = word >> 6;
  return encode_control(value) == word ? value : kControlDamaged;
}

// The table-driven twin, for the tests that hold both equal.
[[nodiscard]] std::uint16_t line_check_portable(const void* line, LineHead head, Beside beside = {}) noexcept;

}  // namespace keyfence::image
