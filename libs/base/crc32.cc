#include "libs/base/crc32.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <wmmintrin.h>
#endif

namespace keyfence {
namespace {

// Four tables, so that one step takes four bytes.
using Tables = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr Tables make_tables() noexcept {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder & 1U) != 0 ? (remainder >> 1) ^ 0xEDB88320U : remainder >> 1;
    }
    tables[0][byte] = remainder;
  }
  for (std::size_t t = 1; t < tables.size(); ++t) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t shorter = tables[t - 1][byte];
      tables[t][byte] = (shorter >> 8) ^ tables[0][shorter & 0xFFU];
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

constexpr std::uint32_t octet(char c) noexcept {
  return static_cast<unsigned char>(c);
}

constexpr std::uint32_t by_table(std::string_view bytes) noexcept {
  std::uint32_t crc = 0xFFFFFFFFU;
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    crc ^= octet(bytes[i]) | octet(bytes[i + 1]) << 8 | octet(bytes[i + 2]) << 16 | octet(bytes[i + 3]) << 24;
    crc =
        kTables[3][crc & 0xFFU] ^ kTables[2][crc >> 8 & 0xFFU] ^ kTables[1][crc >> 16 & 0xFFU] ^ kTables[0][crc >> 24];
  }
  for (; i < bytes.size(); ++i) crc = (crc >> 8) ^ kTables[0][(crc ^ octet(bytes[i])) & 0xFFU];
  return ~crc;
}
static_assert(by_table("123456789") == 0xCBF43926U);

#if defined(__x86_64__)

constexpr std::size_t kFoldedBytesMin = 4;
constexpr std::size_t kFoldedBytesMax = 64;
constexpr std::size_t kBlockBytes = 16;

// No table is read, which after other work would have left the caches: the message is folded by 16 bytes, then reduced
// to 8 and to 4 (Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ, Intel 2009). Zeros before
// the message do not count; all ones at the beginning are the same as its first four bytes inverted.
[[gnu::target("pclmul")]] std::uint32_t by_folding(std::string_view bytes) noexcept {
  alignas(kBlockBytes) std::array<unsigned char, kFoldedBytesMax> message{};
  unsigned char* const begin = message.data() + kFoldedBytesMax - bytes.size();
  std::memcpy(begin, bytes.data(), bytes.size());
  std::uint32_t first = 0;
  std::memcpy(&first, begin, sizeof first);
  first = ~first;
  std::memcpy(begin, &first, sizeof first);

  // Powers of x modulo the polynomial, reflected, as the paper gives them.
  const __m128i by_128 = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
  const __m128i by_64 = _mm_set_epi64x(0, 0x163CD6124);
  const __m128i polynomial = _mm_set_epi64x(0x1F7011641, 0x1DB710641);
  const __m128i even_words = _mm_set_epi32(0, -1, 0, -1);

  const auto* const blocks = reinterpret_cast<const __m128i*>(message.data());
  __m128i rest = _mm_load_si128(blocks);
  for (std::size_t i = 1; i < kFoldedBytesMax / kBlockBytes; ++i) {
    const __m128i low = _mm_clmulepi64_si128(rest, by_128, 0x00);
    const __m128i high = _mm_clmulepi64_si128(rest, by_128, 0x11);
    rest = _mm_xor_si128(_mm_xor_si128(low, high), _mm_load_si128(blocks + i));
  }
  rest = _mm_xor_si128(_mm_clmulepi64_si128(rest, by_128, 0x10), _mm_srli_si128(rest, 8));
  rest = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(rest, even_words), by_64, 0x00), _mm_srli_si128(rest, 4));
  // Barrett's reduction.
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(rest, even_words), polynomial, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, even_words), polynomial, 0x00);
  return ~static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_srli_si128(_mm_xor_si128(rest, quotient), 4)));
}

// False until this file's statics are initialised: slower, with the same result.
const bool kCanFold = __builtin_cpu_supports("pclmul") != 0;

#endif

}  // namespace

std::uint32_t crc32_portable(std::string_view bytes) noexcept {
  return by_table(bytes);
}

std::uint32_t crc32(std::string_view bytes) noexcept {
#if defined(__x86_64__)
  if (kCanFold && bytes.size() >= kFoldedBytesMin && bytes.size() <= kFoldedBytesMax) return by_folding(bytes);
#endif
  return by_table(bytes);
}

}  // namespace keyfence
