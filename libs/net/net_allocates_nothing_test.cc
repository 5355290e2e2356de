// Counts every operator new of this program round what the data plane does with an address.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "libs/base/testing/allocation_count.h"
#include "libs/net/address_set.h"
#include "libs/net/client_address.h"

namespace keyfence {
namespace {

template <class Work>
std::uint64_t allocations_of(Work work) {
  const std::uint64_t before = allocations_so_far();
  work();
  return allocations_so_far() - before;
}

AddressSet hundred_ranges() {
  AddressSetBuilder builder;
  for (std::uint32_t i = 0; i < 100; ++i) builder.add(IpRange::single(IpAddress::v4(0x0A00'0000 + 2 * i)));
  return std::move(builder).build();
}

TEST(NetAllocatesNothing, TheCounterCounts) {
  EXPECT_EQ(allocations_of([] { const std::string long_text(100, 'x'); }), 1U);
}

TEST(NetAllocatesNothing, ParsingAnAddress) {
  for (const std::string_view text :
       {"203.0.113.5", "2001:db8:1111:2222:3333:4444:5555:6666", "::ffff:203.0.113.5", "junk", "1:2:3:4:5:6:7:8:9"}) {
    EXPECT_EQ(allocations_of([text] { (void)IpAddress::parse(text); }), 0U) << text;
  }
}

TEST(NetAllocatesNothing, AskingASet) {
  const AddressSet set = hundred_ranges();
  EXPECT_EQ(allocations_of([&set] {
              for (std::uint32_t i = 0; i < 256; ++i) (void)set.contains(IpAddress::v4(0x0A00'0000 + i));
              (void)set.contains(IpRange::all(IpFamily::kV6));
              (void)set.overlaps(IpRange::all(IpFamily::kV4));
              (void)set.overlaps(set);
            }),
            0U);
}

TEST(NetAllocatesNothing, ResolvingTheClientAddress) {
  const AddressSet trusted = hundred_ranges();
  const IpAddress peer = IpAddress::v4(0x0A00'0000);
  const std::string long_value = "for=\"[2001:db8::1]:_" + std::string(500, 'a') + "\"";
  const std::array<std::string_view, 3> lines = {"for=198.51.100.7;host=\"a,b\"", "for=\"10.0.0.2:80\"",
                                                 "for=10.0.0.4;proto=https"};
  const std::array<std::string_view, 1> plain = {"198.51.100.7, 10.0.0.2, [2001:db8::1]:80, 10.0.0.4"};
  const std::array<std::string_view, 1> hostile = {long_value};
  EXPECT_EQ(allocations_of([&] {
              for (const auto kind :
                   {ForwardedHeader::kForwarded, ForwardedHeader::kXForwardedFor, ForwardedHeader::kSingleAddress}) {
                (void)resolve_client_address(peer, trusted, kind, lines);
                (void)resolve_client_address(peer, trusted, kind, plain);
                (void)resolve_client_address(peer, trusted, kind, hostile);
              }
            }),
            0U);
}

}  // namespace
}  // namespace keyfence
