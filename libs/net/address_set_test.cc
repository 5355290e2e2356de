#include "libs/net/address_set.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace keyfence {
namespace {

IpRange range(std::string_view first, std::string_view last) {
  return *IpRange::make(*IpAddress::parse(first), *IpAddress::parse(last));
}

AddressSet set_of(const std::vector<IpRange>& ranges) {
  AddressSetBuilder builder;
  return std::move(builder.add(ranges)).build();
}

TEST(AddressSet, TheEmptySetHoldsNothing) {
  const AddressSet empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_FALSE(empty.contains(*IpAddress::parse("0.0.0.0")));
  EXPECT_FALSE(empty.overlaps(IpRange::all(IpFamily::kV4)));
  EXPECT_EQ(empty.count_text(IpFamily::kV4), "0");
}

TEST(AddressSet, MergesWhatOverlapsOrTouchesWithinAFamily) {
  const AddressSet set =
      set_of({range("10.0.0.5", "10.0.0.9"), range("10.0.0.0", "10.0.0.4"), range("10.0.0.8", "10.0.0.12"),
              range("255.255.255.0", "255.255.255.255"), range("::", "::5")});
  ASSERT_EQ(set.ranges().size(), 3U);
  EXPECT_EQ(set.ranges()[0], range("10.0.0.0", "10.0.0.12"));
  EXPECT_EQ(set.ranges()[1], range("255.255.255.0", "255.255.255.255"));
  EXPECT_EQ(set.ranges()[2], range("::", "::5"));
}

TEST(AddressSet, SetsThatMeetAcrossTheMappedBlockAreOne) {
  const AddressSet parts =
      set_of({range("::", "::fffe:ffff:ffff"), range("::1:0:0:0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")});
  EXPECT_EQ(parts, set_of({IpRange::all(IpFamily::kV6)}));
  const AddressSet rest = set_of({IpRange::all(IpFamily::kV6)}).without(set_of({range("::1:0:0:0", "::2:0:0:0")}));
  ASSERT_EQ(rest.ranges().size(), 2U);
  EXPECT_EQ(rest.ranges()[0], range("::", "::fffe:ffff:ffff"));
}

TEST(AddressSet, CountsTheWholeOfEachFamily) {
  const AddressSet all = set_of({IpRange::all(IpFamily::kV4), IpRange::all(IpFamily::kV6)});
  EXPECT_EQ(all.count_text(IpFamily::kV4), "4294967296");
  EXPECT_EQ(all.count_text(IpFamily::kV6), "340282366920938463463374607431768211456");
}

}  // namespace
}  // namespace keyfence
