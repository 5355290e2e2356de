#include "libs/image/packed_set.h"

#include <gtest/gtest.h>

#include <random>

#include "libs/image/blocks_v4.h"
#include "libs/image/blocks_v6.h"
#include "libs/image/search_tree.h"

namespace keyfence::image {
namespace {

bool contains(const std::vector<IntervalV4>& intervals, std::uint32_t address) {
  const auto after = std::upper_bound(intervals.begin(), intervals.end(), address,
                                      [](std::uint32_t a, const IntervalV4& i) { return a < i.first; });
  return after != intervals.begin() && std::prev(after)->last >= address;
}
bool contains(const std::vector<IntervalV6>& intervals, uint128 address) {
  const auto after = std::upper_bound(intervals.begin(), intervals.end(), address,
                                      [](uint128 a, const IntervalV6& i) { return a < i.first; });
  return after != intervals.begin() && std::prev(after)->last >= address;
}

Membership expected(bool member) {
  return member ? Membership::kIn : Membership::kOut;
}

// Every address where something may change, and its neighbours.
void expect_equal(const std::vector<IntervalV4>& intervals, const PackedLines& packed) {
  const auto ask = [&](std::uint32_t address) {
    ASSERT_EQ(find_v4(packed.kind, packed.lines, nullptr, address), expected(contains(intervals, address))) << address;
    prefetch_v4(packed.kind, packed.lines, address);
  };
  ask(0);
  ask(0xFFFFFFFF);
  for (const IntervalV4& interval : intervals) {
    for (std::uint32_t delta = 0; delta < 3; ++delta) {
      ASSERT_NO_FATAL_FAILURE(ask(interval.first + delta - 1));
      ASSERT_NO_FATAL_FAILURE(ask(interval.last + delta - 1));
    }
  }
}
void expect_equal(const std::vector<IntervalV6>& intervals, const PackedLines& packed) {
  const auto ask = [&](uint128 address) {
    ASSERT_EQ(find_v6(packed.kind, packed.lines, address), expected(contains(intervals, address)))
        << static_cast<std::uint64_t>(address >> 64) << " " << static_cast<std::uint64_t>(address);
    prefetch_v6(packed.kind, packed.lines, address);
  };
  ask(0);
  ask(~static_cast<uint128>(0));
  for (const IntervalV6& interval : intervals) {
    for (std::uint32_t delta = 0; delta < 3; ++delta) {
      ASSERT_NO_FATAL_FAILURE(ask(interval.first + delta - 1));
      ASSERT_NO_FATAL_FAILURE(ask(interval.last + delta - 1));
    }
    const uint128 edge = static_cast<uint128>(1) << 64;
    ASSERT_NO_FATAL_FAILURE(ask(interval.first - edge));
    ASSERT_NO_FATAL_FAILURE(ask(interval.last + edge));
  }
}

// Sets over 16 addresses at a place of the address space: all 65,536 of them.
TEST(PackedSet, EqualsTheScanForEverySetOfASmallWorldAtBothEndsOfTheAddressSpace) {
  for (const std::uint32_t base : {std::uint32_t{0}, std::uint32_t{0x0A00FFF8}, std::uint32_t{0xFFFFFFF0}}) {
    for (std::uint32_t set = 0; set < 65536; set += base == 0x0A00FFF8 ? 1 : 7) {
      std::vector<IntervalV4> intervals;
      for (std::uint32_t i = 0; i < 16; ++i) {
        if ((set >> i & 1U) != 0) intervals.push_back({base + i, base + i});
      }
      merge(intervals);
      const PackedLines tree = pack(intervals);
      PackedLines blocks;
      if (set % 1024 == 0) {
        ASSERT_TRUE(pack_blocks_v4(intervals, blocks));
      }
      for (std::uint32_t i = 0; i < 16; ++i) {
        const Membership right = expected((set >> i & 1U) != 0);
        ASSERT_EQ(find_v4(tree.kind, tree.lines, nullptr, base + i), right) << set << " " << i;
        if (set % 1024 == 0) {
          ASSERT_EQ(find_v4(blocks.kind, blocks.lines, nullptr, base + i), right) << set << " " << i;
        }
      }
    }
  }
}

TEST(PackedSet, MergesWhatOverlapsOrTouchesAndNothingElse) {
  std::vector<IntervalV4> intervals = {{10, 20}, {21, 30}, {32, 40}, {5, 12}, {0xFFFFFFFF, 0xFFFFFFFF}, {35, 36}};
  merge(intervals);
  EXPECT_EQ(intervals, (std::vector<IntervalV4>{{5, 30}, {32, 40}, {0xFFFFFFFF, 0xFFFFFFFF}}));
}

std::vector<IntervalV4> random_v4(std::mt19937_64& random, std::size_t count, std::uint32_t span_bits,
                                  std::uint32_t length_bits) {
  std::vector<IntervalV4> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = static_cast<std::uint32_t>(random() >> (64 - span_bits));
    const auto length = static_cast<std::uint32_t>(random() >> (64 - length_bits));
    out.push_back({first, first > 0xFFFFFFFF - length ? 0xFFFFFFFF : first + length});
  }
  merge(out);
  return out;
}

TEST(PackedSet, EqualsTheBinarySearchForIpv4SetsOfEverySize) {
  std::mt19937_64 random(1);
  for (const std::size_t count : std::vector<std::size_t>{1, 2, 7, 8, 15, 16, 17, 100, 127, 128, 1000, 4000}) {
    for (const std::uint32_t span : {8U, 17U, 32U}) {
      const auto intervals = random_v4(random, count, span, span == 8 ? 1 : 12);
      const PackedLines packed = pack(intervals);
      EXPECT_EQ(packed.kind, SetKind::kTreeV4);
      ASSERT_NO_FATAL_FAILURE(expect_equal(intervals, packed)) << count;
      PackedLines blocks;
      ASSERT_TRUE(pack_blocks_v4(intervals, blocks));
      ASSERT_NO_FATAL_FAILURE(expect_equal(intervals, blocks)) << count;
    }
  }
}

TEST(PackedSet, EqualsTheBinarySearchForLongIpv4SetsSparseAndDense) {
  std::mt19937_64 random(2);
  for (const std::uint32_t span : {17U, 19U, 22U, 26U, 32U}) {  // up to 16,384 toggles in a block, down to one
    const auto intervals = random_v4(random, 60'000, span, span < 20 ? 1 : 4);
    const PackedLines packed = pack(intervals);
    if (span > 17) {
      EXPECT_EQ(packed.kind, SetKind::kBlocksV4) << intervals.size();
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal(intervals, packed)) << span;
  }
}

std::vector<IntervalV6> random_v6(std::mt19937_64& random, std::size_t count, bool fine) {
  std::vector<IntervalV6> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t kinds = random() % 8;
    const auto high =
        (random() % 64 == 0 ? random() : 0x2001'0000'0000'0000ULL | (random() & 0x0000'0058'FFFF'FFFFULL));
    const unsigned length = static_cast<unsigned>(kinds == 0  ? 20 + random() % 45
                                                  : kinds < 4 ? 48
                                                              : 32 + random() % 33);
    const uint128 mask = (static_cast<uint128>(1) << (128 - length)) - 1;
    uint128 first = (static_cast<uint128>(high) << 64) & ~mask;
    uint128 last = first | mask;
    if (fine && i % 3 == 0) {
      first |= random() % 64;
      last = first + random() % 64;
    }
    out.push_back({first, last});
  }
  merge(out);
  return out;
}

TEST(PackedSet, EqualsTheBinarySearchForIpv6SetsOfEverySize) {
  std::mt19937_64 random(3);
  int in_blocks = 0;
  for (const bool fine : {false, true}) {
    for (const std::size_t count : std::vector<std::size_t>{1, 2, 3, 7, 8, 30, 100, 1000, 9000, 60'000}) {
      const auto intervals = random_v6(random, count, fine);
      const PackedLines packed = pack(intervals);
      ASSERT_NO_FATAL_FAILURE(expect_equal(intervals, packed)) << count;
      PackedLines blocks;
      if (pack_blocks_v6(intervals, blocks)) {
        ASSERT_NO_FATAL_FAILURE(expect_equal(intervals, blocks)) << count;
        ++in_blocks;
      }
    }
  }
  EXPECT_GT(in_blocks, 4);
}

// The scan of any node is what the search of Ipv4 nodes has to answer, whatever stands beside the keys.
TEST(SearchTree, CountsTheKeysOfAnIpv4NodeAsAScanDoes) {
  std::mt19937 random(11);
  constexpr std::array<std::uint32_t, 6> kEdges = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
  for (int round = 0; round < 2'000; ++round) {
    NodeV4 node{};
    node.in = static_cast<std::uint16_t>(random());
    node.check = static_cast<std::uint16_t>(random());
    for (auto& key : node.keys) {
      key = random() % 4 == 0 ? kEdges[random() % kEdges.size()] : static_cast<std::uint32_t>(random());
    }
    std::vector<std::uint32_t> addresses(kEdges.begin(), kEdges.end());
    for (const std::uint32_t key : node.keys) addresses.insert(addresses.end(), {key - 1, key, key + 1});
    for (const std::uint32_t address : addresses) {
      const unsigned scanned = keys_not_above<NodeV4, std::uint32_t>(node, address);
      ASSERT_EQ(keys_not_above(node, address), scanned) << address;
    }
  }
}

TEST(PackedSet, HoldsEverythingAndNothing) {
  const PackedSet nothing = PackedSet::build(AddressSet{});
  EXPECT_FALSE(nothing.contains(IpAddress::v4(1)));
  EXPECT_FALSE(nothing.contains(IpAddress::v6(1)));
  AddressSetBuilder all;
  all.add(IpRange::all(IpFamily::kV4)).add(IpRange::all(IpFamily::kV6));
  const PackedSet everything = PackedSet::build(std::move(all).build());
  for (const std::uint32_t address : {0U, 1U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    EXPECT_TRUE(everything.contains(IpAddress::v4(address)));
  }
  EXPECT_TRUE(everything.contains(IpAddress::v6(0)));
  EXPECT_TRUE(everything.contains(IpAddress::v6(~static_cast<uint128>(0))));
}

// A reader believes a long set's crc; a broken one that passed must still not lead it astray.
TEST(PackedSet, ReadsNothingBeyondItsLinesWhateverTheyHold) {
  std::mt19937_64 random(4);
  PackedLines packed = pack(random_v4(random, 60'000, 32, 4));
  ASSERT_EQ(packed.kind, SetKind::kBlocksV4);
  packed.lines.resize(4096);  // the table alone: every place it names is outside
  packed.lines.shrink_to_fit();
  for (int i = 0; i < 100'000; ++i) {
    const auto address = static_cast<std::uint32_t>(random());
    EXPECT_NE(find_v4(packed.kind, packed.lines, nullptr, address), Membership::kIn);
    prefetch_v4(packed.kind, packed.lines, address);
  }
  packed.lines.resize(4095);
  EXPECT_EQ(find_v4(packed.kind, packed.lines, nullptr, 0), Membership::kDamaged);
}

}  // namespace
}  // namespace keyfence::image
