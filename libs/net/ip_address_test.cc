#include "libs/net/ip_address.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace keyfence {
namespace {

std::string reprinted(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->text() : "refused";
}

TEST(IpAddress, TextIsRfc5952) {
  EXPECT_EQ(reprinted("0.0.0.0"), "0.0.0.0");
  EXPECT_EQ(reprinted("255.255.255.255"), "255.255.255.255");
  EXPECT_EQ(reprinted("203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(reprinted("::"), "::");
  EXPECT_EQ(reprinted("::1"), "::1");
  EXPECT_EQ(reprinted("1::"), "1::");
  EXPECT_EQ(reprinted("2001:0DB8:0:0:0:0:0:0001"), "2001:db8::1");
  EXPECT_EQ(reprinted("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // one zero group stays
  EXPECT_EQ(reprinted("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");     // the first of equal runs
  EXPECT_EQ(reprinted("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");           // the longest run
  EXPECT_EQ(reprinted("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");            // "::" for one group
  EXPECT_EQ(reprinted("::2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8");
  EXPECT_EQ(reprinted("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
  EXPECT_EQ(reprinted("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
  EXPECT_EQ(reprinted("::1.2.3.4"), "::102:304");
}

TEST(IpAddress, MappedIpv6IsItsIpv4Address) {
  EXPECT_EQ(reprinted("::ffff:203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(reprinted("::FFFF:cb00:7105"), "203.0.113.5");
  EXPECT_EQ(reprinted("0:0:0:0:0:ffff:0:0"), "0.0.0.0");
  EXPECT_EQ(IpAddress::v6((uint128{0xFFFF} << 32) | 7), IpAddress::v4(7));
  const std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1};
  EXPECT_EQ(IpAddress::from_bytes(mapped), IpAddress::parse("10.0.0.1"));
  EXPECT_EQ(IpAddress::parse("10.0.0.1")->bytes(), mapped);
  EXPECT_EQ(reprinted("::fffe:ffff:ffff"), "::fffe:ffff:ffff");
  EXPECT_EQ(reprinted("::1:0:0:0"), "::1:0:0:0");
}

TEST(IpAddress, RefusesWhatIsNotExactlyAnAddress) {
  for (const std::string_view text : {"",
                                      " ",
                                      "10.0.0.1 ",
                                      " 10.0.0.1",
                                      "10.0.0",
                                      "10.0.0.1.",
                                      ".10.0.0.1",
                                      "10.0.0.1.2",
                                      "10..0.1",
                                      "010.0.0.1",
                                      "10.0.0.00",
                                      "10.0.0.256",
                                      "10.0.0.1000",
                                      "0x0a.0.0.1",
                                      "10.0.0.-1",
                                      "10.0.0.+1",
                                      "167772161",
                                      "10.0.0.1/32",
                                      "10.0.0.1:80",
                                      ":",
                                      ":::",
                                      "::1::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8::",
                                      "1:2:3:4::5:6:7:8",
                                      "::12345",
                                      "::00001",
                                      "::g",
                                      ":1",
                                      "1:",
                                      "1:2:3:4:5:6:7:",
                                      ":1:2:3:4:5:6:7",
                                      "[::1]",
                                      "fe80::1%eth0",
                                      "fe80::1%",
                                      "::1.2.3",
                                      "::1.2.3.4.5",
                                      "::01.2.3.4",
                                      "1.2.3.4::",
                                      "::1.2.3.4:5",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "::ffff:256.0.0.1",
                                      "::1/128",
                                      "localhost",
                                      "\xEF\xBC\x91.0.0.1"}) {
    EXPECT_EQ(IpAddress::parse(text), std::nullopt) << text;
  }
  using namespace std::string_view_literals;
  EXPECT_EQ(IpAddress::parse("10.0.0.1\0"sv), std::nullopt);
  EXPECT_EQ(IpAddress::parse("::1\0"sv), std::nullopt);
}

TEST(IpAddress, BytesOfOtherLengthsAreRefused) {
  const std::array<std::uint8_t, 17> bytes{};
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    EXPECT_EQ(IpAddress::from_bytes(std::span(bytes).first(size)).has_value(), size == 4 || size == 16) << size;
  }
}

TEST(IpAddress, OrdersByFamilyThenNumber) {
  EXPECT_LT(*IpAddress::parse("9.255.255.255"), *IpAddress::parse("10.0.0.0"));
  EXPECT_LT(*IpAddress::parse("255.255.255.255"), *IpAddress::parse("::"));
  EXPECT_LT(*IpAddress::parse("::1"), *IpAddress::parse("8000::"));
}

TEST(IpAddress, NeighboursStopAtTheFamilyAndStepOverTheMappedBlock) {
  const auto at = [](std::string_view text) { return *IpAddress::parse(text); };
  EXPECT_EQ(next_address(at("10.0.0.255")), at("10.0.1.0"));
  EXPECT_EQ(previous_address(at("10.0.1.0")), at("10.0.0.255"));
  EXPECT_EQ(next_address(at("255.255.255.255")), std::nullopt);
  EXPECT_EQ(previous_address(at("0.0.0.0")), std::nullopt);
  EXPECT_EQ(previous_address(at("::")), std::nullopt);
  EXPECT_EQ(next_address(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), std::nullopt);
  EXPECT_EQ(next_address(at("::fffe:ffff:ffff")), at("::1:0:0:0"));
  EXPECT_EQ(previous_address(at("::1:0:0:0")), at("::fffe:ffff:ffff"));
}

}  // namespace
}  // namespace keyfence
