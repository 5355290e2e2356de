#include "libs/image/toggle_block.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace keyfence::image {
namespace {

constexpr std::size_t kTogglesPerVector = 16;
constexpr std::size_t kVectorBytes = 32;
constexpr std::size_t kScannedVectorsMax = 4;  // up to here all are compared; above, a vector of heads picks one
constexpr std::size_t kVectorsMax = 64;
constexpr std::size_t kBitmapBytes = 65536 / 8;
constexpr std::size_t kOffsetMax = (std::size_t{1} << 23) - 1;

using Vector = std::array<std::uint16_t, kTogglesPerVector>;

// Bit pattern whose parity is that of how many of the 16 toggles are above x.
inline unsigned above(const unsigned char* vector, std::uint16_t x) noexcept {
#if defined(__x86_64__)
  const __m128i zero = _mm_setzero_si128();
  const __m128i wide = _mm_set1_epi16(static_cast<short>(x));
  const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(vector));
  const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(vector + 16));
  const __m128i a_not = _mm_cmpeq_epi16(_mm_subs_epu16(a, wide), zero);
  const __m128i b_not = _mm_cmpeq_epi16(_mm_subs_epu16(b, wide), zero);
  // 16 is even: the parity of those that are not above is that of those that are.
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(a_not, b_not)));
#else
  Vector toggles;
  std::memcpy(toggles.data(), vector, kVectorBytes);
  unsigned count = 0;
  for (const std::uint16_t toggle : toggles) count += toggle > x ? 1U : 0U;
  return count & 1U;
#endif
}

}  // namespace

std::uint32_t BlockPacker::pack(const std::vector<std::uint16_t>& toggles, bool final_state) {
  if (toggles.empty()) return block_entry(kUniformBlock, final_state, 0, 0);
  const std::size_t vectors = (toggles.size() + kTogglesPerVector - 1) / kTogglesPerVector;
  if (vectors > kVectorsMax) return pack_bitmap(toggles, final_state);
  const std::size_t head_vectors = vectors > kScannedVectorsMax ? (vectors + 15) / 16 : 0;
  if (vectors > 1) area_.resize((area_.size() + kLineBytes - 1) / kLineBytes * kLineBytes);
  const std::size_t place = area_.size() / kVectorBytes;
  // Zeros fill up the first vector: they are never above anything, and all later vectors are full.
  std::vector<std::uint16_t> padded(vectors * kTogglesPerVector - toggles.size(), 0);
  padded.insert(padded.end(), toggles.begin(), toggles.end());
  std::vector<std::uint16_t> heads(head_vectors * kTogglesPerVector, 0xFFFF);
  for (std::size_t v = 0; v < vectors && head_vectors > 0; ++v) heads[v] = padded[v * kTogglesPerVector];
  append(heads);
  append(padded);
  return block_entry(kVectorBlock, final_state, vectors, place);
}

bool BlockPacker::is_too_large() const noexcept {
  return area_.size() / kBlockUnitBytes > kOffsetMax;
}

void BlockPacker::append(const std::vector<std::uint16_t>& values) {
  const std::size_t at = area_.size();
  area_.resize(at + values.size() * 2);
  if (!values.empty()) std::memcpy(area_.data() + at, values.data(), values.size() * 2);
}

std::uint32_t BlockPacker::pack_bitmap(const std::vector<std::uint16_t>& toggles, bool final_state) {
  area_.resize((area_.size() + kLineBytes - 1) / kLineBytes * kLineBytes);
  const std::size_t at = area_.size();
  area_.resize(at + kBitmapBytes);
  bool state = final_state;
  std::size_t toggle = toggles.size();
  for (std::size_t x = 65536; x-- > 0;) {
    if (state) area_[at + x / 8] = static_cast<std::uint8_t>(area_[at + x / 8] | 1U << (x % 8));
    if (toggle > 0 && toggles[toggle - 1] == x) {
      state = !state;
      --toggle;
    }
  }
  return block_entry(kBitmapBlock, final_state, 0, at / kVectorBytes);
}

Membership find_in_block(std::uint32_t entry, const std::uint8_t* area, std::size_t area_bytes,
                         std::uint16_t x) noexcept {
  const unsigned state = block_state(entry);
  const std::uint32_t kind = block_kind(entry);
  if (kind == kUniformBlock) return static_cast<Membership>(state);
  const std::size_t at = block_offset(entry);
  const unsigned char* data = area + at;
  if (kind == kBitmapBlock) {
    if (at + kBitmapBytes > area_bytes) return Membership::kDamaged;
    return static_cast<Membership>((unsigned{data[x / 8]} >> (x % 8)) & 1U);
  }
  if (kind != kVectorBlock) return Membership::kDamaged;
  const std::size_t vectors = ((entry >> 3) & 63U) + 1;
  if (vectors <= kScannedVectorsMax) {
    if (at + vectors * kVectorBytes > area_bytes) return Membership::kDamaged;
    unsigned pattern = 0;
    for (std::size_t v = 0; v < vectors; ++v) pattern ^= above(data + v * kVectorBytes, x);
    return static_cast<Membership>(state ^ static_cast<unsigned>(__builtin_parity(pattern)));
  }
  const std::size_t head_bytes = (vectors + 15) / 16 * kVectorBytes;
  if (at + head_bytes + vectors * kVectorBytes > area_bytes) return Membership::kDamaged;
  std::size_t picked = 0;
  for (std::size_t v = 0; v < vectors; ++v) {
    std::uint16_t head = 0;
    std::memcpy(&head, data + v * 2, 2);
    picked += head <= x ? 1U : 0U;
  }
  picked = picked == 0 ? 0 : picked - 1;
  const unsigned pattern = above(data + head_bytes + picked * kVectorBytes, x);
  return static_cast<Membership>(state ^ static_cast<unsigned>(__builtin_parity(pattern)));
}

}  // namespace keyfence::image
