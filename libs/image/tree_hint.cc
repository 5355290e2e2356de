#include "libs/image/tree_hint.h"

#include <cstring>

namespace keyfence::image {
namespace {

constexpr std::size_t kLastChild = NodeV4::kKeyCount;

std::uint8_t upper_octet(std::uint32_t address) noexcept {
  return static_cast<std::uint8_t>(address >> 24);
}

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
  unsigned below = 0;
  unsigned not_above = 0;
  const unsigned octet = upper_octet(address);
  for (const std::uint8_t pivot : hint.pivots) {
    below += pivot < octet ? 1U : 0U;
    not_above += pivot <= octet ? 1U : 0U;
  }
  return {below == 0 ? 0 : kHintedKeys[below - 1] + std::size_t{1},
          not_above == kHintedKeys.size() ? kLastChild : std::size_t{kHintedKeys[not_above]}};
}

}  // namespace keyfence::image
