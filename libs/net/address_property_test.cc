// Laws that hold for any address, range and set, tried on seeded random ones that crowd where arithmetic goes wrong.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "libs/net/address_set.h"
#include "libs/net/entry_syntax.h"
#include "libs/net/slow_address_set.h"

namespace keyfence {
namespace {

class Source {
 public:
  std::uint64_t bits() { return engine_(); }
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

  IpAddress address() { return below(2) == 0 ? IpAddress::v4(v4_number()) : IpAddress::v6(v6_number()); }

  IpRange range() {
    for (;;) {
      const IpAddress a = address();
      const IpAddress b = below(3) == 0 ? a : address();
      if (const auto made = IpRange::make(a, b)) return *made;
      if (const auto made = IpRange::make(b, a)) return *made;
    }
  }

 private:
  // Near 0, near the end, near a power of two, or anywhere.
  std::uint32_t v4_number() {
    const auto near = static_cast<std::uint32_t>(below(8));
    switch (below(4)) {
      case 0:
        return near;
      case 1:
        return 0xFFFF'FFFF - near;
      case 2:
        return (std::uint32_t{1} << below(32)) + near - 4;
      default:
        return static_cast<std::uint32_t>(bits());
    }
  }
  uint128 v6_number() {
    const uint128 near = below(8);
    switch (below(5)) {
      case 0:
        return near;
      case 1:
        return ~near;
      case 2:
        return (uint128{1} << below(128)) + near - 4;
      case 3:
        return (uint128{below(2) == 0 ? 0xFFFFU : 0x10000U} << 32) + near - 4;  // round the mapped block
      default:
        return uint128{bits()} << 64 | bits();
    }
  }

  std::mt19937_64 engine_{20260301};
};

constexpr int kRounds = 20'000;

TEST(AddressProperty, TextReadsBackToTheSameAddress) {
  Source source;
  for (int i = 0; i < kRounds; ++i) {
    const IpAddress address = source.address();
    ASSERT_EQ(IpAddress::parse(address.text()), address) << address.text();
    ASSERT_EQ(IpAddress::from_bytes(address.bytes()), address) << address.text();
  }
}

TEST(AddressProperty, TheSystemReadsOurTextAsTheSameBytes) {
  Source source;
  for (int i = 0; i < kRounds; ++i) {
    const IpAddress address = source.address();
    const std::string text = address.is_v4() ? "::ffff:" + address.text() : address.text();
    std::array<std::uint8_t, 16> bytes{};
    ASSERT_EQ(inet_pton(AF_INET6, text.c_str(), bytes.data()), 1) << text;
    ASSERT_EQ(bytes, address.bytes()) << text;
  }
}

TEST(AddressProperty, CanonicalTextOfARangeIsAnEntryThatMeansIt) {
  Source source;
  for (int i = 0; i < kRounds; ++i) {
    const IpRange range = source.range();
    const auto entry = parse_entry(range.text());
    ASSERT_TRUE(entry) << range.text();
    ASSERT_EQ(entry->range, range);
    ASSERT_EQ(entry->canonical, range.text());
  }
}

TEST(AddressProperty, ACoverIsItsRangeInBlocksThatFollowOneAnother) {
  Source source;
  for (int i = 0; i < kRounds / 10; ++i) {
    const IpRange range = source.range();
    const std::vector<IpRange> cover = range.cidr_cover();
    ASSERT_LE(cover.size(), range.family() == IpFamily::kV4 ? 62U : 268U);
    ASSERT_EQ(cover.front().first(), range.first());
    ASSERT_EQ(cover.back().last(), range.last());
    for (std::size_t k = 0; k < cover.size(); ++k) {
      ASSERT_TRUE(cover[k].prefix_length());
      if (k > 0) {
        ASSERT_EQ(next_address(cover[k - 1].last()), cover[k].first()) << range.text();
      }
    }
  }
}

TEST(AddressProperty, SetsAgreeWithTheirSlowTwinAndKeepTheLawsOfAlgebra) {
  Source source;
  for (int round = 0; round < 2'000; ++round) {
    std::vector<IpRange> ranges_a;
    std::vector<IpRange> ranges_b;
    for (std::uint64_t i = source.below(12); i > 0; --i) ranges_a.push_back(source.range());
    for (std::uint64_t i = source.below(12); i > 0; --i) ranges_b.push_back(source.range());
    const auto build = [](const std::vector<IpRange>& ranges) {
      AddressSetBuilder builder;
      return std::move(builder.add(ranges)).build();
    };
    const AddressSet a = build(ranges_a);
    const AddressSet b = build(ranges_b);
    const SlowAddressSet slow_a(ranges_a);
    const SlowAddressSet slow_b(ranges_b);
    const AddressSet both = a.intersected(b);
    const AddressSet either = a.united(b);
    const AddressSet only_a = a.without(b);
    ASSERT_EQ(either, b.united(a));
    ASSERT_EQ(both, b.intersected(a));
    ASSERT_EQ(only_a.united(both), a);
    ASSERT_TRUE(only_a.intersected(b).empty());
    ASSERT_EQ(only_a.united(b), either);
    ASSERT_EQ(a.overlaps(b), !both.empty());

    std::vector<IpAddress> probes;
    for (const auto* ranges : {&ranges_a, &ranges_b}) {
      for (const IpRange& range : *ranges) {
        for (const IpAddress& end : {range.first(), range.last()}) {
          probes.push_back(end);
          if (const auto next = next_address(end)) probes.push_back(*next);
          if (const auto previous = previous_address(end)) probes.push_back(*previous);
        }
      }
    }
    for (int i = 0; i < 8; ++i) probes.push_back(source.address());
    for (const IpAddress& probe : probes) {
      const bool in_a = slow_a.contains(probe);
      const bool in_b = slow_b.contains(probe);
      ASSERT_EQ(a.contains(probe), in_a) << probe.text();
      ASSERT_EQ(either.contains(probe), in_a || in_b) << probe.text();
      ASSERT_EQ(both.contains(probe), in_a && in_b) << probe.text();
      ASSERT_EQ(only_a.contains(probe), in_a && !in_b) << probe.text();
    }
  }
}

TEST(AddressProperty, EverySuggestionParses) {
  Source source;
  static constexpr std::string_view kAlphabet = "0123456789abcdefx.:/-*%[] ,#";
  for (int i = 0; i < kRounds; ++i) {
    std::string text = source.range().text();
    for (std::uint64_t edits = 1 + source.below(3); edits > 0; --edits) {
      const std::size_t at = source.below(text.size());
      const char c = kAlphabet[source.below(kAlphabet.size())];
      if (source.below(3) == 0) {
        text.erase(at, 1);
        if (text.empty()) break;
      } else {
        text.insert(at, 1, c);
      }
    }
    const auto entry = parse_entry(text);
    if (entry) continue;
    ASSERT_FALSE(entry.error().message.empty()) << text;
    for (const std::string& suggestion : entry.error().suggestions) {
      ASSERT_TRUE(parse_entry(suggestion)) << text << " -> " << suggestion;
    }
  }
}

}  // namespace
}  // namespace keyfence
