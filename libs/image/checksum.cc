#include "libs/image/checksum.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace keyfence::image {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // CRC-32C, reflected
constexpr std::uint64_t kCheckMask = 0x0000FFFFFFFFFFFF;

// Eight tables: one step takes 8 bytes (slicing-by-8).
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][i] = crc;
  }
  for (std::size_t t = 1; t < 8; ++t) {
    for (std::size_t i = 0; i < 256; ++i) {
      tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xFF];
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

struct PortableStep {
  static std::uint32_t word(std::uint32_t crc, std::uint64_t word) noexcept {
    const std::uint64_t x = word ^ crc;
    std::uint32_t out = 0;
    for (unsigned i = 0; i < 8; ++i) out ^= kTables[7 - i][(x >> (8 * i)) & 0xFF];
    return out;
  }
  static std::uint32_t byte(std::uint32_t crc, std::uint8_t byte) noexcept {
    return (crc >> 8) ^ kTables[0][(crc ^ byte) & 0xFF];
  }
};

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

#define KF_CRC_BODY(word_step, byte_step)                   \
  const auto* p = static_cast<const unsigned char*>(bytes); \
  std::uint32_t crc = ~seed;                                \
  for (; size >= 8; size -= 8, p += 8) {                    \
    std::uint64_t w = 0;                                    \
    std::memcpy(&w, p, 8);                                  \
    crc = word_step(crc, w);                                \
  }                                                         \
  for (; size > 0; --size, ++p) crc = byte_step(crc, *p);   \
  return ~crc

#if defined(__x86_64__)

[[gnu::target("sse4.2")]] inline std::uint32_t hardware_word(std::uint32_t crc, std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(_mm_crc32_u64(crc, word));
}
[[gnu::target("sse4.2")]] std::uint16_t line_check_hardware(const void* line, LineHead head, Beside beside) noexcept {
  KF_LINE_CHECK_BODY(hardware_word);
}
[[gnu::target("sse4.2")]] std::uint32_t crc32c_hardware(const void* bytes, std::size_t size,
                                                        std::uint32_t seed) noexcept {
  KF_CRC_BODY(hardware_word, _mm_crc32_u8);
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
  return fold(PortableStep::word(0x5EA1ED00, value));
}

}  // namespace

std::uint32_t crc32c_portable(const void* bytes, std::size_t size, std::uint32_t seed) noexcept {
  KF_CRC_BODY(PortableStep::word, PortableStep::byte);
}

std::uint16_t line_check_portable(const void* line, LineHead head, Beside beside) noexcept {
  KF_LINE_CHECK_BODY(PortableStep::word);
}

std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t seed) noexcept {
#if defined(__x86_64__)
  if (kHasHardware) return crc32c_hardware(bytes, size, seed);
#endif
  return crc32c_portable(bytes, size, seed);
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
