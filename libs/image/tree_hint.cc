#include "libs/image/tree_hint.h"

#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace keyfence::image {
namespace {

constexpr std::size_t kLastChild = NodeV4::kKeyCount;

std::uint8_t upper_octet(std::uint32_t address) noexcept {
  return static_cast<std::uint8_t>(address >> 24);
}

// Of the pivots, which ascend, how many are below an octet and how many are not above it.
struct PivotCounts {
  unsigned below;
  unsigned not_above;
};

#if defined(__x86_64__)
PivotCounts count_pivots(const TreeHint& hint, std::uint8_t octet) noexcept {
  constexpr unsigned kPivotsFrom = offsetof(TreeHint, pivots);
  const __m128i zero = _mm_setzero_si128();
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(octet));
  const __m128i pivots = _mm_load_si128(reinterpret_cast<const __m128i*>(&hint));
  // Differences that stop at zero: the octet is not above these; these are not above the octet.
  const __m128i octet_not_above = _mm_cmpeq_epi8(_mm_subs_epu8(wanted, pivots), zero);
  const __m128i not_above = _mm_cmpeq_epi8(_mm_subs_epu8(pivots, wanted), zero);
  const unsigned first_not_below = static_cast<unsigned>(_mm_movemask_epi8(octet_not_above)) >> kPivotsFrom;
  const unsigned first_above = ~static_cast<unsigned>(_mm_movemask_epi8(not_above)) >> kPivotsFrom;
  constexpr unsigned kEnd = 1U << kHintedKeys.size();
  return {static_cast<unsigned>(std::countr_zero(first_not_below | kEnd)),
          static_cast<unsigned>(std::countr_zero(first_above | kEnd))};
}
#else
PivotCounts count_pivots(const TreeHint& hint, std::uint8_t octet) noexcept {
  PivotCounts counts{0, 0};
  for (const std::uint8_t pivot : hint.pivots) {
    counts.below += pivot < octet ? 1U : 0U;
    counts.not_above += pivot <= octet ? 1U : 0U;
  }
  return counts;
}
#endif

}  // namespace

TreeHint hint_of(const ListHolder& holder) noexcept {
  TreeHint hint{};
  const SetRef& set = holder.body.permanent_v4;
  if ((holder.body.flags & kRootFollows) == 0 || set.lines() <= 1) return hint;
  hint.line = set.line;
  for (std::size_t i = 0; i < kHintedKeys.size(); ++i) {
    hint.pivots[i] = upper_octet(holder.root.keys[kHintedKeys[i]]);
  }
  return hint;
}

void store_hint(TreeHint& to, const TreeHint& hint) noexcept {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), &hint, sizeof(hint));
  auto* there = reinterpret_cast<std::uint64_t*>(&to);
  __atomic_store_n(there, words[0], __ATOMIC_RELAXED);
  __atomic_store_n(there + 1, words[1], __ATOMIC_RELAXED);
}

TreeHint load_hint(const TreeHint& hint) noexcept {
  const auto* there = reinterpret_cast<const std::uint64_t*>(&hint);
  const std::array<std::uint64_t, 2> words = {__atomic_load_n(there, __ATOMIC_RELAXED),
                                              __atomic_load_n(there + 1, __ATOMIC_RELAXED)};
  TreeHint copy{};
  std::memcpy(&copy, words.data(), sizeof(copy));
  return copy;
}

ChildRange likely_children(const TreeHint& hint, std::uint32_t address) noexcept {
  // Child c is next if c keys are not above the address. Of a key whose upper octet is the address's own that cannot
  // be told.
  const auto [below, not_above] = count_pivots(hint, upper_octet(address));
  return {below == 0 ? 0 : kHintedKeys[below - 1] + std::size_t{1},
          not_above == kHintedKeys.size() ? kLastChild : std::size_t{kHintedKeys[not_above]}};
}

}  // namespace keyfence::image
