#include "libs/net/ip_range.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace keyfence {
namespace {

IpRange range(std::string_view first, std::string_view last) {
  return *IpRange::make(*IpAddress::parse(first), *IpAddress::parse(last));
}

std::vector<std::string> cover(const IpRange& of) {
  std::vector<std::string> out;
  for (const IpRange& block : of.cidr_cover()) out.push_back(block.text());
  return out;
}

using Texts = std::vector<std::string>;

TEST(IpRange, RefusesReversedAndMixedEnds) {
  const auto low = *IpAddress::parse("10.0.0.1");
  const auto high = *IpAddress::parse("10.0.0.2");
  EXPECT_TRUE(IpRange::make(low, high));
  EXPECT_FALSE(IpRange::make(high, low));
  EXPECT_FALSE(IpRange::make(low, *IpAddress::parse("::1")));
  EXPECT_FALSE(IpRange::make(*IpAddress::parse("::1"), low));
}

TEST(IpRange, TextIsCidrWhereOneBlockSufficesAndElseARange) {
  EXPECT_EQ(range("10.0.0.0", "10.0.0.255").text(), "10.0.0.0/24");
  EXPECT_EQ(range("10.0.0.1", "10.0.0.1").text(), "10.0.0.1/32");
  EXPECT_EQ(range("10.0.0.1", "10.0.0.2").text(), "10.0.0.1-10.0.0.2");
  EXPECT_EQ(range("10.0.0.2", "10.0.0.3").text(), "10.0.0.2/31");
  EXPECT_EQ(range("2001:db8::1", "2001:db8::1").text(), "2001:db8::1/128");
  EXPECT_EQ(IpRange::all(IpFamily::kV4).text(), "0.0.0.0/0");
  EXPECT_EQ(IpRange::all(IpFamily::kV6).text(), "::/0");
}

TEST(IpRange, CountsExactlyUpToTheWholeOfIpv6) {
  EXPECT_EQ(range("10.0.0.1", "10.0.0.1").count_text(), "1");
  EXPECT_EQ(range("10.0.0.0", "10.0.0.9").count_text(), "10");
  EXPECT_EQ(range("10.0.0.0", "10.0.3.231").count_text(), "1000");
  EXPECT_EQ(IpRange::all(IpFamily::kV4).count_text(), "4294967296");
  EXPECT_EQ(range("2001:db8::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff").count_text(), "1208925819614629174706176");
  EXPECT_EQ(IpRange::all(IpFamily::kV6).count_text(), "340282366920938463463374607431768211456");
  EXPECT_EQ(range("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").count_text(),
            "340282366920938463463374607431768211455");
}

TEST(IpRange, ContainsAndOverlapsCountBothEnds) {
  const IpRange r = range("10.0.0.10", "10.0.0.20");
  EXPECT_TRUE(r.contains(*IpAddress::parse("10.0.0.10")));
  EXPECT_TRUE(r.contains(*IpAddress::parse("10.0.0.20")));
  EXPECT_FALSE(r.contains(*IpAddress::parse("10.0.0.9")));
  EXPECT_FALSE(r.contains(*IpAddress::parse("10.0.0.21")));
  EXPECT_FALSE(r.contains(*IpAddress::parse("::10")));
  EXPECT_FALSE(IpRange::all(IpFamily::kV6).contains(*IpAddress::parse("::ffff:10.0.0.10")));
  EXPECT_TRUE(r.overlaps(range("10.0.0.20", "10.0.0.30")));
  EXPECT_FALSE(r.overlaps(range("10.0.0.21", "10.0.0.30")));
}

TEST(IpRange, CoverIsMinimal) {
  EXPECT_EQ(cover(range("10.0.0.0", "10.0.0.255")), (Texts{"10.0.0.0/24"}));
  EXPECT_EQ(cover(range("192.168.10.10", "192.168.10.20")),
            (Texts{"192.168.10.10/31", "192.168.10.12/30", "192.168.10.16/30", "192.168.10.20/32"}));
  EXPECT_EQ(cover(IpRange::all(IpFamily::kV4)), (Texts{"0.0.0.0/0"}));
  EXPECT_EQ(cover(IpRange::all(IpFamily::kV6)), (Texts{"::/0"}));
  EXPECT_EQ(range("0.0.0.1", "255.255.255.254").cidr_cover().size(), 62U);
  EXPECT_EQ(range("2001:db8::1", "2001:db8::fffe").cidr_cover().size(), 30U);
}

TEST(IpRange, CoverNeverTouchesTheMappedBlock) {
  EXPECT_EQ(cover(range("::fffe:ffff:ffff", "::1:0:0:0")), (Texts{"::fffe:ffff:ffff/128", "::1:0:0:0/128"}));
  EXPECT_EQ(cover(range("::", "::1:ffff:ffff:ffff")), (Texts{"::/79"}));
  const auto worst = range("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").cidr_cover();
  EXPECT_EQ(worst.size(), 268U);
  for (const IpRange& block : worst) {
    EXPECT_EQ(block.family(), IpFamily::kV6);
    EXPECT_TRUE(block.prefix_length()) << block.text();
  }
}

}  // namespace
}  // namespace keyfence
