#include "libs/net/client_address.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace keyfence {
namespace {

// Trusted: 10.0.0.0/8 and 2001:db8:a::/48.
AddressSet trusted() {
  AddressSetBuilder builder;
  builder.add(*IpRange::make(*IpAddress::parse("10.0.0.0"), *IpAddress::parse("10.255.255.255")));
  builder.add(
      *IpRange::make(*IpAddress::parse("2001:db8:a::"), *IpAddress::parse("2001:db8:a:ffff:ffff:ffff:ffff:ffff")));
  return std::move(builder).build();
}

std::string resolved(ForwardedHeader kind, const std::vector<std::string_view>& lines,
                     std::string_view peer = "10.0.0.1") {
  const ClientAddress client = resolve_client_address(*IpAddress::parse(peer), trusted(), kind, lines);
  std::string out = client.address ? client.address->text() : "unknown";
  if (client.note == ClientAddressNote::kHeaderIgnored) out += " ignored";
  if (client.note == ClientAddressNote::kHeaderMalformed) out += " malformed";
  return out;
}

struct Row {
  std::vector<std::string_view> lines;
  std::string_view expected;
};

void expect_all(ForwardedHeader kind, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    std::string shown;
    for (const std::string_view line : row.lines) shown.append("{").append(line).append("} ");
    EXPECT_EQ(resolved(kind, row.lines), row.expected) << shown;
  }
}

constexpr std::string_view kMalformed = "unknown malformed";
using namespace std::string_view_literals;

TEST(ClientAddress, WithoutATrustedPeerTheHeaderIsIgnoredAndNoted) {
  for (const auto kind :
       {ForwardedHeader::kXForwardedFor, ForwardedHeader::kForwarded, ForwardedHeader::kSingleAddress}) {
    EXPECT_EQ(resolved(kind, {"198.51.100.7"}, "203.0.113.9"), "203.0.113.9 ignored");
    EXPECT_EQ(resolved(kind, {"junk"}, "203.0.113.9"), "203.0.113.9 ignored");
    EXPECT_EQ(resolved(kind, {}, "203.0.113.9"), "203.0.113.9");
  }
  const std::vector<std::string_view> lines{"198.51.100.7"};
  const auto nobody_trusted =
      resolve_client_address(*IpAddress::parse("10.0.0.1"), AddressSet(), ForwardedHeader::kXForwardedFor, lines);
  EXPECT_EQ(nobody_trusted.address, IpAddress::parse("10.0.0.1"));
}

TEST(ClientAddress, WithoutAHeaderTheTrustedPeerSpeaksForItself) {
  EXPECT_EQ(resolved(ForwardedHeader::kXForwardedFor, {}), "10.0.0.1");
}

TEST(ClientAddress, XForwardedForIsWalkedFromTheRight) {
  expect_all(ForwardedHeader::kXForwardedFor,
             {
                 {{"198.51.100.7"}, "198.51.100.7"},
                 {{"1.1.1.1, 198.51.100.7"}, "198.51.100.7"},  // what the client wrote itself stands to the left
                 {{"1.1.1.1, 198.51.100.7, 10.9.9.9"}, "198.51.100.7"},
                 {{"1.1.1.1", "198.51.100.7", "10.9.9.9"}, "198.51.100.7"},
                 {{"1.1.1.1,198.51.100.7", "10.9.9.9 , 10.8.8.8"}, "198.51.100.7"},
                 {{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},  // all trusted: the left-most
                 {{"10.3.3.3"}, "10.3.3.3"},
                 {{" \t198.51.100.7\t "}, "198.51.100.7"},
                 {{"2001:db8:b::1, 2001:db8:a::1"}, "2001:db8:b::1"},
                 {{"198.51.100.7:4711"}, "198.51.100.7"},
                 {{"[2001:db8:b::1]"}, "2001:db8:b::1"},
                 {{"[2001:db8:b::1]:4711"}, "2001:db8:b::1"},
                 {{"198.51.100.7, 10.2.2.2:65535"}, "198.51.100.7"},
                 {{"::ffff:198.51.100.7"}, "198.51.100.7"},
                 {{"198.51.100.7, ::ffff:10.2.2.2"}, "198.51.100.7"},  // a mapped proxy is trusted like itself
                 {{"[::ffff:198.51.100.7]:80"}, "198.51.100.7"},
                 {{"junk, unknown, 198.51.100.7"}, "198.51.100.7"},  // not met on the walk
                 {{"\"open, 198.51.100.7"}, "198.51.100.7"},
             });
}

TEST(ClientAddress, XForwardedForMetWithJunkIsUnknownAndNeverTheProxy) {
  expect_all(ForwardedHeader::kXForwardedFor, {
                                                  {{""}, kMalformed},
                                                  {{" "}, kMalformed},
                                                  {{","}, kMalformed},
                                                  {{"198.51.100.7,"}, kMalformed},
                                                  {{"198.51.100.7", ""}, kMalformed},
                                                  {{"198.51.100.7,,10.2.2.2"}, kMalformed},
                                                  {{", 10.2.2.2"}, kMalformed},
                                                  {{"unknown"}, kMalformed},
                                                  {{"198.51.100.7, unknown"}, kMalformed},
                                                  {{"198.51.100.7, junk, 10.2.2.2"}, kMalformed},
                                                  {{"_hidden"}, kMalformed},
                                                  {{"example.com"}, kMalformed},
                                                  {{"198.51.100.07"}, kMalformed},
                                                  {{"0198.51.100.7"}, kMalformed},
                                                  {{"198.51.100"}, kMalformed},
                                                  {{"198.51.100.7 198.51.100.8"}, kMalformed},
                                                  {{"198.51.100.7;10.2.2.2"}, kMalformed},
                                                  {{"198.51.100.7/32"}, kMalformed},
                                                  {{"\"198.51.100.7\""}, kMalformed},
                                                  {{"198.51.100.7:"}, kMalformed},
                                                  {{"198.51.100.7:port"}, kMalformed},
                                                  {{"198.51.100.7:65536"}, kMalformed},
                                                  {{"198.51.100.7:000080"}, kMalformed},
                                                  {{"198.51.100.7:-1"}, kMalformed},
                                                  {{"198.51.100.7:_x"}, kMalformed},
                                                  {{"[198.51.100.7]"}, kMalformed},
                                                  {{"[2001:db8::1"}, kMalformed},
                                                  {{"2001:db8::1]"}, kMalformed},
                                                  {{"[2001:db8::1]4711"}, kMalformed},
                                                  {{"[2001:db8::1]:"}, kMalformed},
                                                  {{"[[2001:db8::1]]"}, kMalformed},
                                                  {{"[]"}, kMalformed},
                                                  {{"fe80::1%eth0"}, kMalformed},
                                                  {{"for=198.51.100.7"}, kMalformed},
                                                  {{"198.51.100.7\0"sv}, kMalformed},
                                                  {{"198.51.100.7\r"}, kMalformed},
                                                  {{"\xC2\xA0"
                                                    "198.51.100.7"},
                                                   kMalformed},
                                              });
}

TEST(ClientAddress, ForwardedIsReadByRfc7239) {
  expect_all(ForwardedHeader::kForwarded,
             {
                 {{"for=198.51.100.7"}, "198.51.100.7"},
                 {{"For=198.51.100.7"}, "198.51.100.7"},
                 {{"FOR=\"198.51.100.7\""}, "198.51.100.7"},
                 {{"for=\"198.51.100.7:4711\""}, "198.51.100.7"},
                 {{"for=\"[2001:db8:b::1]:4711\""}, "2001:db8:b::1"},
                 {{"for=\"[2001:db8:b::1]\""}, "2001:db8:b::1"},
                 {{"for=\"[2001:db8:b::1]:_port\""}, "2001:db8:b::1"},
                 {{"for=198.51.100.7;proto=http;by=203.0.113.43"}, "198.51.100.7"},
                 {{"proto=http;for=198.51.100.7"}, "198.51.100.7"},
                 {{"proto=http; for=198.51.100.7 ;by=x"}, "198.51.100.7"},
                 {{";;for=198.51.100.7;"}, "198.51.100.7"},
                 {{"for=1.1.1.1, for=198.51.100.7, for=10.2.2.2"}, "198.51.100.7"},
                 {{"for=1.1.1.1", "for=198.51.100.7", "for=10.2.2.2"}, "198.51.100.7"},
                 {{"for=\"1\\98.51.100.7\""}, "198.51.100.7"},  // a quoted pair
                 {{"for=198.51.100.7;host=\"a,b;for=10.1.1.1\""}, "198.51.100.7"},
                 {{"for=198.51.100.7;host=\"a\\\",for=10.1.1.1\""}, "198.51.100.7"},
                 {{"for=unknown, for=198.51.100.7"}, "198.51.100.7"},  // not met on the walk
                 {{"for=\"open", "for=198.51.100.7"}, "198.51.100.7"},
                 {{"for=10.3.3.3, for=10.2.2.2"}, "10.3.3.3"},
             });
}

TEST(ClientAddress, ForwardedMetWithJunkIsUnknownAndNeverTheProxy) {
  expect_all(ForwardedHeader::kForwarded,
             {
                 {{""}, kMalformed},
                 {{";"}, kMalformed},
                 {{"for="}, kMalformed},
                 {{"for=\"\""}, kMalformed},
                 {{"for"}, kMalformed},
                 {{"for=unknown"}, kMalformed},
                 {{"for=_hidden"}, kMalformed},
                 {{"for=\"_SEVKISEK\""}, kMalformed},
                 {{"for=198.51.100.7, for=unknown"}, kMalformed},
                 {{"for=198.51.100.7, for=_hidden, for=10.2.2.2"}, kMalformed},
                 {{"proto=https"}, kMalformed},
                 {{"by=198.51.100.7"}, kMalformed},
                 {{"for=198.51.100.7, proto=https"}, kMalformed},
                 {{"for=198.51.100.7;for=198.51.100.8"}, kMalformed},
                 {{"for=198.51.100.7 10.2.2.2"}, kMalformed},
                 {{"for =198.51.100.7"}, kMalformed},
                 {{"for= 198.51.100.7"}, kMalformed},
                 {{"for=198.51.100.7:80"}, kMalformed},    // a colon must be quoted
                 {{"for=[2001:db8:b::1]"}, kMalformed},    // brackets must be quoted
                 {{"for=\"2001:db8:b::1\""}, kMalformed},  // IPv6 must stand in brackets
                 {{"for=\"[198.51.100.7]\""}, kMalformed},
                 {{"for=\"198.51.100.7"}, kMalformed},
                 {{"for=\"198.51.100.7\"x"}, kMalformed},
                 {{"for=\"198.51.100.7\\"}, kMalformed},
                 {{"for=\"198.51.100.7 \""}, kMalformed},
                 {{"for='198.51.100.7'"}, kMalformed},
                 {{"for=198.51.100.07"}, kMalformed},
                 {{"for=\"[fe80::1%25eth0]\""}, kMalformed},
                 {{"198.51.100.7"}, kMalformed},
                 {{"for=198.51.100.7;=x"}, kMalformed},
                 {{"for=198.51.100.7;a=\"\x01\""}, kMalformed},
                 {{"for=198.51.100.7\0"sv}, kMalformed},
                 // A quote left open by the client swallows what the proxy appends to its line: unknown, not chosen.
                 {{"for=9.9.9.9;x=\", for=198.51.100.7"}, kMalformed},
                 {{"for=9.9.9.9;x=\", for=198.51.100.7;by=\"10.2.2.2\""}, kMalformed},
                 {{"for=9.9.9.9;x=\"\\, for=\"[2001:db8:b::1]:80\""}, kMalformed},
             });
  const std::string long_port = "for=\"198.51.100.7:_" + std::string(200, 'a') + "\"";
  EXPECT_EQ(resolved(ForwardedHeader::kForwarded, {long_port}), kMalformed);
}

TEST(ClientAddress, ASingleAddressHeaderStandsOnOneLineWithOneAddress) {
  expect_all(ForwardedHeader::kSingleAddress, {
                                                  {{"198.51.100.7"}, "198.51.100.7"},
                                                  {{" 198.51.100.7 "}, "198.51.100.7"},
                                                  {{"[2001:db8:b::1]:80"}, "2001:db8:b::1"},
                                                  {{"10.7.7.7"}, "10.7.7.7"},
                                                  {{"198.51.100.7", "198.51.100.7"}, kMalformed},
                                                  {{"198.51.100.7, 198.51.100.8"}, kMalformed},
                                                  {{"", "198.51.100.7"}, kMalformed},
                                                  {{""}, kMalformed},
                                                  {{"unknown"}, kMalformed},
                                                  {{"for=198.51.100.7"}, kMalformed},
                                              });
}

TEST(ClientAddress, MoreThanThirtyTwoHopsAreUnknown) {
  const auto chain = [](std::size_t proxies, std::string_view prefix) {
    std::string line(prefix);
    line += "198.51.100.7";
    for (std::size_t i = 0; i < proxies; ++i) line.append(", ").append(prefix).append("10.0.0.2");
    return line;
  };
  for (const auto& [kind, prefix] :
       {std::pair{ForwardedHeader::kXForwardedFor, ""sv}, std::pair{ForwardedHeader::kForwarded, "for="sv}}) {
    EXPECT_EQ(resolved(kind, {chain(kForwardedHopsMax - 1, prefix)}), "198.51.100.7");
    EXPECT_EQ(resolved(kind, {chain(kForwardedHopsMax, prefix)}), kMalformed);
    EXPECT_EQ(resolved(kind, {chain(5'000, prefix)}), kMalformed);
    const std::string_view proxy_only = kind == ForwardedHeader::kForwarded ? "for=10.0.0.3" : "10.0.0.3";
    const std::vector<std::string_view> many_lines(kForwardedHopsMax + 1, proxy_only);
    EXPECT_EQ(resolved(kind, many_lines), kMalformed);
    const std::vector<std::string_view> as_many_as_allowed(kForwardedHopsMax, proxy_only);
    EXPECT_EQ(resolved(kind, as_many_as_allowed), "10.0.0.3");
  }
}

TEST(ClientAddress, AnIpv4ClientOfATunnelIsNotUnwrapped) {
  expect_all(ForwardedHeader::kXForwardedFor,
             {
                 {{"64:ff9b::10.2.2.2"}, "64:ff9b::a02:202"},  // NAT64 of a trusted proxy is no trusted proxy
                 {{"198.51.100.7, 2002:a02:202::1"}, "2002:a02:202::1"},
                 {{"198.51.100.7, ::10.2.2.2"}, "::a02:202"},
             });
}

}  // namespace
}  // namespace keyfence
