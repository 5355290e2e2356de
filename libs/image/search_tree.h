#pragma once

#include <cstring>
#include <limits>
#include <span>
#include <vector>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "libs/image/checksum.h"
#include "libs/image/packed_set.h"

// A static search tree over the addresses where membership toggles: nodes of one line, the children of node k at
// k * (keys + 1) + 1 and on. Beside each key stands whether the addresses from it on are members, so the last key met
// that is not above the address answers.
namespace keyfence::image {

template <class Node, class Key>
class TreeBuilder {
 public:
  TreeBuilder(const std::vector<Key>& toggles, std::vector<Line>& lines) : toggles_(toggles), lines_(lines) {}

  void build() {
    nodes_ = (toggles_.size() + Node::kKeyCount - 1) / Node::kKeyCount;
    lines_.assign(nodes_, Line{});
    fill(0);
  }

 private:
  // In order: the toggles ascend along child 0, key 0, child 1, key 1, ... Keys beyond the last toggle come last, and
  // say what the last toggle says.
  void fill(std::size_t node_index) {
    if (node_index >= nodes_) return;
    Node node{};
    for (std::size_t i = 0; i < Node::kKeyCount; ++i) {
      fill(node_index * (Node::kKeyCount + 1) + i + 1);
      const bool beyond = next_ >= toggles_.size();
      const std::size_t rank = beyond ? toggles_.size() - 1 : next_++;
      if (beyond) {
        std::memset(&node.keys[i], 0xFF, sizeof(Key));
      } else {
        node.keys[i] = toggles_[rank];
      }
      if (rank % 2 == 0) node.in = static_cast<std::uint16_t>(node.in | 1U << i);
    }
    fill(node_index * (Node::kKeyCount + 1) + Node::kKeyCount + 1);
    node.check = line_check(&node, LineHead::kCovered);
    std::memcpy(lines_[node_index].bytes.data(), &node, sizeof(node));
  }

  const std::vector<Key>& toggles_;
  std::vector<Line>& lines_;
  std::size_t nodes_ = 0;
  std::size_t next_ = 0;
};

template <class Node, class Key>
void build_tree(const std::vector<Key>& toggles, std::vector<Line>& lines) {
  TreeBuilder<Node, Key>(toggles, lines).build();
}

// How many keys of a node are not above the address.
template <class Node, class Key>
[[nodiscard]] inline unsigned keys_not_above(const Node& node, Key address) noexcept {
  unsigned count = 0;
  for (std::size_t i = 0; i < Node::kKeyCount; ++i) count += node.keys[i] <= address ? 1U : 0U;
  return count;
}

#if defined(__x86_64__)
// Four at a time. The comparison is one of signed numbers: all are moved by half of their range. The last of the 16
// words is no key.
[[nodiscard]] inline unsigned keys_not_above(const NodeV4& node, std::uint32_t address) noexcept {
  const __m128i half = _mm_set1_epi32(std::numeric_limits<int>::min());
  const __m128i wanted = _mm_xor_si128(_mm_set1_epi32(static_cast<int>(address)), half);
  const auto* const words = reinterpret_cast<const __m128i*>(&node);
  const auto above = [&](std::size_t i) {
    return _mm_cmpgt_epi32(_mm_xor_si128(_mm_load_si128(words + i), half), wanted);
  };
  const __m128i in_last = _mm_and_si128(above(3), _mm_set_epi32(0, -1, -1, -1));
  __m128i less = _mm_add_epi32(_mm_add_epi32(above(0), above(1)), _mm_add_epi32(above(2), in_last));
  less = _mm_add_epi32(less, _mm_srli_si128(less, 8));
  less = _mm_add_epi32(less, _mm_srli_si128(less, 4));
  return static_cast<unsigned>(static_cast<int>(NodeV4::kKeyCount) + _mm_cvtsi128_si32(less));
}
#endif

template <class Node, class Key>
[[nodiscard]] Membership search_tree(std::span<const Line> lines, const Node* root, Key address) noexcept {
  if (lines.empty()) return Membership::kDamaged;
  const auto* nodes = reinterpret_cast<const Node*>(lines.data());
  const Node* node = root != nullptr ? root : nodes;
  unsigned in = 0;
  std::size_t k = 0;
  while (true) {
    if (line_check(node, LineHead::kCovered) != node->check) return Membership::kDamaged;
    const unsigned below = keys_not_above(*node, address);
    in = below != 0 ? (unsigned{node->in} >> (below - 1)) & 1U : in;
    k = k * (Node::kKeyCount + 1) + below + 1;
    if (k >= lines.size()) return static_cast<Membership>(in);
    node = nodes + k;
  }
}

}  // namespace keyfence::image
