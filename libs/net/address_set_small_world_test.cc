// A world of sixteen addresses is small enough to try every set in it, and the operations on many pairs of them. The
// sixteen are laid where arithmetic goes wrong: at both ends of a family, in its middle, and round ::ffff:0:0/96.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libs/net/address_set.h"
#include "libs/net/slow_address_set.h"

namespace keyfence {
namespace {

constexpr std::uint32_t kAddresses = 16;
constexpr std::uint32_t kSets = 1U << kAddresses;

struct World {
  std::string_view name;
  std::string_view first;
};

class SmallWorld : public testing::TestWithParam<World> {
 protected:
  void SetUp() override {
    std::optional<IpAddress> at = IpAddress::parse(GetParam().first);
    for (std::uint32_t i = 0; i < kAddresses; ++i, at = next_address(*at)) addresses_.push_back(*at);
  }

  // The ranges of a set, one for each run of ones.
  [[nodiscard]] std::vector<IpRange> runs(std::uint32_t set) const {
    std::vector<IpRange> out;
    for (std::uint32_t i = 0; i < kAddresses; ++i) {
      if ((set >> i & 1) == 0) continue;
      std::uint32_t last = i;
      while (last + 1 < kAddresses && (set >> (last + 1) & 1) != 0) ++last;
      out.push_back(*IpRange::make(addresses_[i], addresses_[last]));
      i = last;
    }
    return out;
  }
  [[nodiscard]] AddressSet built(std::uint32_t set) const {
    AddressSetBuilder builder;
    for (std::uint32_t i = kAddresses; i-- > 0;) {
      if ((set >> i & 1) != 0) builder.add(IpRange::single(addresses_[i]));
    }
    return std::move(builder).build();
  }
  template <class Set>
  [[nodiscard]] std::uint32_t members(const Set& set) const {
    std::uint32_t out = 0;
    for (std::uint32_t i = 0; i < kAddresses; ++i) out |= set.contains(addresses_[i]) ? 1U << i : 0;
    return out;
  }

  std::vector<IpAddress> addresses_;
};

TEST_P(SmallWorld, EverySetHoldsExactlyItsAddressesHoweverItWasBuilt) {
  for (std::uint32_t set = 0; set < kSets; ++set) {
    const std::vector<IpRange> ranges = runs(set);
    const AddressSet fast = built(set);
    const SlowAddressSet slow(ranges);
    ASSERT_EQ(members(slow), set);
    ASSERT_EQ(members(fast), set);
    ASSERT_TRUE(std::equal(fast.ranges().begin(), fast.ranges().end(), ranges.begin(), ranges.end())) << set;
    ASSERT_EQ(fast.empty(), set == 0);
  }
}

TEST_P(SmallWorld, OperationsAreThoseOfSets) {
  std::uint32_t b = 1;
  for (std::uint32_t a = 0; a < kSets; a += 5) {
    b = (b * 40'501 + 12'345) & (kSets - 1);  // another set for each: full period over the world
    const AddressSet set_a = built(a);
    const AddressSet set_b = built(b);
    ASSERT_EQ(set_a.united(set_b), built(a | b)) << a << " " << b;
    ASSERT_EQ(set_a.intersected(set_b), built(a & b)) << a << " " << b;
    ASSERT_EQ(set_a.without(set_b), built(a & ~b)) << a << " " << b;
    ASSERT_EQ(set_a.overlaps(set_b), (a & b) != 0) << a << " " << b;
  }
}

TEST_P(SmallWorld, RangesAreHeldAndMetAsTheirAddressesAre) {
  for (std::uint32_t set = 0; set < kSets; set += 7) {
    const AddressSet fast = built(set);
    for (std::uint32_t i = 0; i < kAddresses; ++i) {
      std::uint32_t mask = 0;
      for (std::uint32_t j = i; j < kAddresses; ++j) {
        mask |= 1U << j;
        const IpRange range = *IpRange::make(addresses_[i], addresses_[j]);
        ASSERT_EQ(fast.contains(range), (set & mask) == mask) << set << " " << range.text();
        ASSERT_EQ(fast.overlaps(range), (set & mask) != 0) << set << " " << range.text();
      }
    }
  }
}

TEST_P(SmallWorld, CoversAreExactAndHaveTheFewestBlocks) {
  // The fewest blocks of every range, by trying all ways to begin it with a block.
  for (std::uint32_t i = 0; i < kAddresses; ++i) {
    std::vector<std::size_t> fewest(kAddresses + 1, kAddresses + 1);  // of i..end-1
    fewest[i] = 0;
    for (std::uint32_t end = i + 1; end <= kAddresses; ++end) {
      for (std::uint32_t begin = i; begin < end; ++begin) {
        const IpRange block = *IpRange::make(addresses_[begin], addresses_[end - 1]);
        if (block.prefix_length()) fewest[end] = std::min(fewest[end], fewest[begin] + 1);
      }
      const IpRange range = *IpRange::make(addresses_[i], addresses_[end - 1]);
      const std::vector<IpRange> cover = range.cidr_cover();
      ASSERT_EQ(cover.size(), fewest[end]) << range.text();
      AddressSetBuilder builder;
      for (const IpRange& block : cover) ASSERT_TRUE(block.prefix_length()) << block.text();
      ASSERT_EQ(std::move(builder.add(cover)).build().ranges().front(), range);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Places, SmallWorld,
                         testing::Values(World{"FirstOfIpv4", "0.0.0.0"}, World{"LastOfIpv4", "255.255.255.240"},
                                         World{"MiddleOfIpv6", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:fff8"},
                                         World{"RoundTheMappedBlock", "::fffe:ffff:fff8"},
                                         World{"LastOfIpv6", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0"}),
                         [](const auto& test) { return std::string(test.param.name); });

// Both families side by side: the last addresses of IPv4 and the first of IPv6 never merge.
TEST(SmallWorldOfTwoFamilies, TheBorderIsNeverCrossed) {
  for (std::uint32_t set = 0; set < 1U << 8; ++set) {
    AddressSetBuilder builder;
    for (std::uint32_t i = 0; i < 8; ++i) {
      if ((set >> i & 1) == 0) continue;
      builder.add(IpRange::single(i < 4 ? IpAddress::v4(0xFFFF'FFFC + i) : IpAddress::v6(i - 4)));
    }
    const AddressSet built = std::move(builder).build();
    const auto runs_of = [](std::uint32_t four) { return std::popcount(four & ~(four << 1)); };
    ASSERT_EQ(built.ranges().size(), static_cast<std::size_t>(runs_of(set & 0xF) + runs_of(set >> 4)));
    for (const IpRange& range : built.ranges()) ASSERT_EQ(range.first().family(), range.last().family());
    ASSERT_EQ(built.count_text(IpFamily::kV4), std::to_string(std::popcount(set & 0xF)));
    ASSERT_EQ(built.count_text(IpFamily::kV6), std::to_string(std::popcount(set >> 4)));
  }
}

}  // namespace
}  // namespace keyfence
