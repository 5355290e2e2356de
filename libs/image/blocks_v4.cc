#include "libs/image/blocks_v4.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "libs/image/checksum.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace keyfence::image {
namespace {

constexpr std::size_t kBlocks = 65536;
constexpr std::size_t kTableBytes = kBlocks * 4;
constexpr std::size_t kTogglesPerVector = 16;
constexpr std::size_t kVectorBytes = 32;
constexpr std::size_t kScannedVectorsMax = 4;  // up to here all are compared; above, a vector of heads picks one
constexpr std::size_t kVectorsMax = 64;
constexpr std::size_t kBitmapBytes = 65536 / 8;
constexpr std::size_t kOffsetMax = (std::size_t{1} << 23) - 1;

// An entry of the direct table: kind in bits 0-1, state in bit 2, vectors less one in bits 3-8, place in bits 9-31 in
// units of 32 bytes after the table.
enum : std::uint32_t { kUniform = 0, kVectors = 1, kBitmap = 2 };

constexpr std::uint32_t entry(std::uint32_t kind, bool state, std::size_t vectors, std::size_t place) noexcept {
  return kind | (state ? 4U : 0U) | static_cast<std::uint32_t>(vectors == 0 ? 0 : vectors - 1) << 3 |
         static_cast<std::uint32_t>(place) << 9;
}

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

class BlockPacker {
 public:
  // Toggles of one block, ascending, none at 0; final_state is the membership of the block's last address.
  [[nodiscard]] std::uint32_t pack(const std::vector<std::uint16_t>& toggles, bool final_state) {
    if (toggles.empty()) return entry(kUniform, final_state, 0, 0);
    const std::size_t vectors = (toggles.size() + kTogglesPerVector - 1) / kTogglesPerVector;
    if (vectors > kVectorsMax) return pack_bitmap(toggles, final_state);
    const std::size_t head_vectors = vectors > kScannedVectorsMax ? (vectors + 15) / 16 : 0;
    if (vectors > 1) data_.resize((data_.size() + kLineBytes - 1) / kLineBytes * kLineBytes);
    const std::size_t place = data_.size() / kVectorBytes;
    // Zeros fill up the first vector: they are never above anything, and all later vectors are full.
    std::vector<std::uint16_t> padded(vectors * kTogglesPerVector - toggles.size(), 0);
    padded.insert(padded.end(), toggles.begin(), toggles.end());
    std::vector<std::uint16_t> heads(head_vectors * kTogglesPerVector, 0xFFFF);
    for (std::size_t v = 0; v < vectors && head_vectors > 0; ++v) heads[v] = padded[v * kTogglesPerVector];
    append(heads);
    append(padded);
    return entry(kVectors, final_state, vectors, place);
  }

  [[nodiscard]] const std::vector<std::uint8_t>& data() const noexcept { return data_; }

 private:
  void append(const std::vector<std::uint16_t>& values) {
    const std::size_t at = data_.size();
    data_.resize(at + values.size() * 2);
    if (!values.empty()) std::memcpy(data_.data() + at, values.data(), values.size() * 2);
  }

  [[nodiscard]] std::uint32_t pack_bitmap(const std::vector<std::uint16_t>& toggles, bool final_state) {
    data_.resize((data_.size() + kLineBytes - 1) / kLineBytes * kLineBytes);
    const std::size_t at = data_.size();
    data_.resize(at + kBitmapBytes);
    bool state = final_state;
    std::size_t toggle = toggles.size();
    for (std::size_t x = 65536; x-- > 0;) {
      if (state) data_[at + x / 8] = static_cast<std::uint8_t>(data_[at + x / 8] | 1U << (x % 8));
      if (toggle > 0 && toggles[toggle - 1] == x) {
        state = !state;
        --toggle;
      }
    }
    return entry(kBitmap, final_state, 0, at / kVectorBytes);
  }

  std::vector<std::uint8_t> data_;
};

std::uint32_t read_entry(std::span<const Line> lines, std::uint32_t address) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, lines.data()->bytes.data() + std::size_t{address >> 16} * 4, 4);
  return value;
}

}  // namespace

bool pack_blocks_v4(std::span<const IntervalV4> intervals, PackedLines& out) {
  std::vector<std::uint32_t> table(kBlocks);
  BlockPacker packer;
  std::vector<std::uint16_t> toggles;
  std::size_t next = 0;
  for (std::uint32_t block = 0; block < kBlocks; ++block) {
    const std::uint64_t begin = std::uint64_t{block} << 16;
    const std::uint64_t end = begin + 65536;
    toggles.clear();
    bool final_state = false;
    for (; next < intervals.size() && intervals[next].first < end; ++next) {
      const IntervalV4& interval = intervals[next];
      if (interval.first > begin) toggles.push_back(static_cast<std::uint16_t>(interval.first - begin));
      final_state = std::uint64_t{interval.last} + 1 >= end;
      if (!final_state) toggles.push_back(static_cast<std::uint16_t>(interval.last + 1 - begin));
      if (std::uint64_t{interval.last} + 1 > end) break;  // goes on in the next block
    }
    table[block] = packer.pack(toggles, final_state);
    if (packer.data().size() / kVectorBytes > kOffsetMax) return false;
  }
  const std::size_t bytes = kTableBytes + packer.data().size();
  out.kind = SetKind::kBlocksV4;
  out.lines.assign((bytes + kLineBytes - 1) / kLineBytes, Line{});
  auto* to = out.lines.data()->bytes.data();
  std::memcpy(to, table.data(), kTableBytes);
  if (!packer.data().empty()) std::memcpy(to + kTableBytes, packer.data().data(), packer.data().size());
  out.crc = crc32c(to, out.lines.size() * kLineBytes, 0);
  return true;
}

Membership find_in_blocks_v4(std::span<const Line> lines, std::uint32_t address) noexcept {
  const std::size_t bytes = lines.size() * kLineBytes;
  if (bytes < kTableBytes) return Membership::kDamaged;
  const std::uint32_t value = read_entry(lines, address);
  const auto x = static_cast<std::uint16_t>(address);
  const unsigned state = (value >> 2) & 1U;
  const std::uint32_t kind = value & 3U;
  if (kind == kUniform) return static_cast<Membership>(state);
  const std::size_t at = kTableBytes + std::size_t{value >> 9} * kVectorBytes;
  const unsigned char* data = lines.data()->bytes.data() + at;
  if (kind == kBitmap) {
    if (at + kBitmapBytes > bytes) return Membership::kDamaged;
    return static_cast<Membership>((data[x / 8] >> (x % 8)) & 1U);
  }
  const std::size_t vectors = ((value >> 3) & 63U) + 1;
  if (vectors <= kScannedVectorsMax) {
    if (at + vectors * kVectorBytes > bytes) return Membership::kDamaged;
    unsigned pattern = 0;
    for (std::size_t v = 0; v < vectors; ++v) pattern ^= above(data + v * kVectorBytes, x);
    return static_cast<Membership>(state ^ static_cast<unsigned>(__builtin_parity(pattern)));
  }
  const std::size_t head_bytes = (vectors + 15) / 16 * kVectorBytes;
  if (at + head_bytes + vectors * kVectorBytes > bytes) return Membership::kDamaged;
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

void prefetch_blocks_v4(std::span<const Line> lines, std::uint32_t address) noexcept {
  if (lines.size() * kLineBytes < kTableBytes) return;
  const std::uint32_t value = read_entry(lines, address);
  const std::size_t at = kTableBytes + std::size_t{value >> 9} * kVectorBytes;
  if ((value & 3U) == kUniform || at >= lines.size() * kLineBytes) return;
  const std::size_t within = (value & 3U) == kBitmap ? (address & 0xFFFF) / 8 : 0;
  __builtin_prefetch(lines.data()->bytes.data() + at + within);
}

}  // namespace keyfence::image
