#include "libs/image/checksum.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace keyfence::image {
namespace {

constexpr std::uint64_t kCheckMask = 0x0000FFFFFFFFFFFF;

constexpr std::uint16_t fold(std::uint32_t crc) noexcept {
  return static_cast<std::uint16_t>(crc ^ (crc >> 16));
}

// Word i of a line as its check sees it. A control word is not even looked at: it may be stored while this reads.
inline std::uint64_t line_word(const void* line, LineHead head, std::size_t i) noexcept {
  const auto* bytes = static_cast<const unsigned char*>(line);
  std::uint64_t word = 0;
  if (i == 0 && head == LineHead::kControl) {
    std::uint32_t beside_control = 0;
    std::memcpy(&beside_control, bytes + 4, 4);
    return std::uint64_t{beside_control} << 32;
  }
  std::memcpy(&word, bytes + 8 * i, 8);
  return i == 7 ? word & kCheckMask : word;
}

// The steps of both chains take turns, so that neither waits for the other.
#define KF_LINE_CHECK_BODY(Register, step) \
  Register a = 0x9E3779B9;                 \
  Register b = 0x7F4A7C15;                 \
  a = step(a, line_word(line, head, 0));   \
  b = step(b, line_word(line, head, 4));   \
  a = step(a, line_word(line, head, 1));   \
  b = step(b, line_word(line, head, 5));   \
  a = step(a, line_word(line, head, 2));   \
  b = step(b, line_word(line, head, 6));   \
  a = step(a, line_word(line, head, 3));   \
  b = step(b, line_word(line, head, 7));   \
  return fold(static_cast<std::uint32_t>(step(step(step(a, b), beside.first), beside.second)))

#if defined(__x86_64__)

[[gnu::target("sse4.2")]] inline std::uint32_t hardware_word(std::uint32_t crc, std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(_mm_crc32_u64(crc, word));
}
// As wide as the instruction's operand: it leaves the upper half zero, and nothing has to be cut off between two steps.
[[gnu::target("sse4.2")]] inline std::uint64_t hardware_step(std::uint64_t crc, std::uint64_t word) noexcept {
  return _mm_crc32_u64(crc, word);
}
[[gnu::target("sse4.2")]] std::uint16_t line_check_hardware(const void* line, LineHead head, Beside beside) noexcept {
  KF_LINE_CHECK_BODY(std::uint64_t, hardware_step);
}
[[gnu::target("sse4.2")]] std::uint32_t seal_hardware(std::uint64_t value) noexcept {
  return hardware_word(0x5EA1ED00, value);
}
// False until this file's statics are initialised: slower, with the same result.
const bool kHasHardware = __builtin_cpu_supports("sse4.2") != 0;

#endif

std::uint16_t seal_check(std::uint64_t value) noexcept {
#if defined(__x86_64__)
  if (kHasHardware) return fold(seal_hardware(value));
#endif
  return fold(crc32c_step_portable(0x5EA1ED00, value));
}

}  // namespace

std::uint16_t line_check_portable(const void* line, LineHead head, Beside beside) noexcept {
  KF_LINE_CHECK_BODY(std::uint32_t, crc32c_step_portable);
}

std::uint16_t line_check(const void* line, LineHead head, Beside beside) noexcept {
#if defined(__x86_64__)
  if (kHasHardware) return line_check_hardware(line, head, beside);
#endif
  return line_check_portable(line, head, beside);
}

std::uint64_t seal(std::uint64_t value) noexcept {
  return (value & kCheckMask) | (std::uint64_t{seal_check(value & kCheckMask)} << 48);
}

std::uint64_t unseal(std::uint64_t word) noexcept {
  const std::uint64_t value = word & kCheckMask;
  return seal(value) == word ? value : kUnsealed;
}

}  // namespace keyfence::image
