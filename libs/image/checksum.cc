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

// A control word is not even looked at: it may be stored while this reads.
inline void load_line(std::array<std::uint64_t, 8>& words, const void* line, LineHead head) noexcept {
  const auto* bytes = static_cast<const unsigned char*>(line);
  if (head == LineHead::kControl) {
    std::uint32_t beside_control = 0;
    std::memcpy(&beside_control, bytes + 4, 4);
    words[0] = std::uint64_t{beside_control} << 32;
  } else {
    std::memcpy(words.data(), bytes, 8);
  }
  std::memcpy(words.data() + 1, bytes + 8, 56);
  words[7] &= kCheckMask;
}

#define KF_LINE_CHECK_BODY(step)        \
  std::array<std::uint64_t, 8> w;       \
  load_line(w, line, head);             \
  std::uint32_t a = 0x9E3779B9;         \
  std::uint32_t b = 0x7F4A7C15;         \
  for (std::size_t i = 0; i < 4; ++i) { \
    a = step(a, w[i]);                  \
    b = step(b, w[i + 4]);              \
  }                                     \
  return fold(step(step(step(a, b), beside.first), beside.second))

#if defined(__x86_64__)

[[gnu::target("sse4.2")]] inline std::uint32_t hardware_word(std::uint32_t crc, std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(_mm_crc32_u64(crc, word));
}
[[gnu::target("sse4.2")]] std::uint16_t line_check_hardware(const void* line, LineHead head, Beside beside) noexcept {
  KF_LINE_CHECK_BODY(hardware_word);
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
  KF_LINE_CHECK_BODY(crc32c_step_portable);
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
