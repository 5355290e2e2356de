#include "libs/base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace keyfence {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected

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

#if defined(__x86_64__)

[[gnu::target("sse4.2")]] std::uint32_t crc32c_hardware(const void* bytes, std::size_t size,
                                                        std::uint32_t seed) noexcept {
  const auto* p = static_cast<const unsigned char*>(bytes);
  std::uint64_t crc = ~seed;
  for (; size >= 8; size -= 8, p += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; size > 0; --size, ++p) narrow = _mm_crc32_u8(narrow, *p);
  return ~narrow;
}

// False until this file's statics are initialised: slower, with the same result.
const bool kHasHardware = __builtin_cpu_supports("sse4.2") != 0;

#endif

}  // namespace

std::uint32_t crc32c_step_portable(std::uint32_t crc, std::uint64_t word) noexcept {
  word ^= crc;
  crc = 0;
  for (std::size_t i = 0; i < 8; ++i) crc ^= kTables[7 - i][(word >> (8 * i)) & 0xFF];
  return crc;
}

std::uint32_t crc32c_portable(const void* bytes, std::size_t size, std::uint32_t seed) noexcept {
  const auto* p = static_cast<const unsigned char*>(bytes);
  std::uint32_t crc = ~seed;
  for (; size >= 8; size -= 8, p += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof word);
    crc = crc32c_step_portable(crc, word);
  }
  for (; size > 0; --size, ++p) crc = (crc >> 8) ^ kTables[0][(crc ^ *p) & 0xFF];
  return ~crc;
}

std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t seed) noexcept {
#if defined(__x86_64__)
  if (kHasHardware) return crc32c_hardware(bytes, size, seed);
#endif
  return crc32c_portable(bytes, size, seed);
}

}  // namespace keyfence
