#include "libs/net/entry_syntax.h"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace keyfence {
namespace {

using namespace std::string_view_literals;

struct Accepted {
  std::string_view text;
  std::string_view kind;
  std::string_view canonical;
  std::string_view count;
};

void PrintTo(const Accepted& row, std::ostream* out) {
  *out << testing::PrintToString(row.text);
}

class AcceptedEntry : public testing::TestWithParam<Accepted> {};

TEST_P(AcceptedEntry, MeansThis) {
  const auto entry = parse_entry(GetParam().text);
  ASSERT_TRUE(entry) << name(entry.error().code) << ": " << entry.error().message;
  EXPECT_EQ(name(entry->kind), GetParam().kind);
  EXPECT_EQ(entry->canonical, GetParam().canonical);
  EXPECT_EQ(entry->range.count_text(), GetParam().count);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, AcceptedEntry,
    testing::Values(Accepted{"203.0.113.5", "address", "203.0.113.5/32", "1"},
                    Accepted{" \t203.0.113.5 \t", "address", "203.0.113.5/32", "1"},
                    Accepted{"0.0.0.0", "address", "0.0.0.0/32", "1"},
                    Accepted{"255.255.255.255", "address", "255.255.255.255/32", "1"},
                    Accepted{"203.0.113.0/24", "cidr", "203.0.113.0/24", "256"},
                    Accepted{"203.0.113.5/32", "cidr", "203.0.113.5/32", "1"},
                    Accepted{"0.0.0.0/0", "cidr", "0.0.0.0/0", "4294967296"},
                    Accepted{"128.0.0.0/1", "cidr", "128.0.0.0/1", "2147483648"},
                    Accepted{"192.168.0.0/255.255.255.0", "cidr", "192.168.0.0/24", "256"},
                    Accepted{"192.168.0.1/255.255.255.255", "cidr", "192.168.0.1/32", "1"},
                    Accepted{"0.0.0.0/0.0.0.0", "cidr", "0.0.0.0/0", "4294967296"},
                    Accepted{"192.168.0.10 - 192.168.10.20", "range", "192.168.0.10-192.168.10.20", "2571"},
                    Accepted{"192.168.0.10-192.168.10.20", "range", "192.168.0.10-192.168.10.20", "2571"},
                    Accepted{"192.168.0.10-  192.168.10.20", "range", "192.168.0.10-192.168.10.20", "2571"},
                    Accepted{"192.168.10.10-20", "range", "192.168.10.10-192.168.10.20", "11"},
                    Accepted{"192.168.10.10 - 20", "range", "192.168.10.10-192.168.10.20", "11"},
                    Accepted{"10.0.0.0-255", "range", "10.0.0.0/24", "256"},
                    Accepted{"10.0.0.7-7", "range", "10.0.0.7/32", "1"},
                    Accepted{"10.0.0.7-10.0.0.7", "range", "10.0.0.7/32", "1"},
                    Accepted{"0.0.0.0-255.255.255.255", "range", "0.0.0.0/0", "4294967296"},
                    Accepted{"2001:db8::1", "address", "2001:db8::1/128", "1"},
                    Accepted{"2001:0DB8:0:0:0:0:0:1", "address", "2001:db8::1/128", "1"},
                    Accepted{"::", "address", "::/128", "1"},
                    Accepted{"2001:db8::/48", "cidr", "2001:db8::/48", "1208925819614629174706176"},
                    Accepted{"fe80::/10", "cidr", "fe80::/10", "332306998946228968225951765070086144"},
                    Accepted{"::/0", "cidr", "::/0", "340282366920938463463374607431768211456"},
                    Accepted{"2001:db8::1/128", "cidr", "2001:db8::1/128", "1"},
                    Accepted{"2001:db8::1 - 2001:db8::ff", "range", "2001:db8::1-2001:db8::ff", "255"},
                    Accepted{"2001:db8::1-2001:db8::ff", "range", "2001:db8::1-2001:db8::ff", "255"},
                    Accepted{"64:ff9b::192.0.2.33", "address", "64:ff9b::c000:221/128", "1"}));

INSTANTIATE_TEST_SUITE_P(
    MappedIpv6IsIpv4, AcceptedEntry,
    testing::Values(Accepted{"::ffff:203.0.113.5", "address", "203.0.113.5/32", "1"},
                    Accepted{"::ffff:cb00:7105", "address", "203.0.113.5/32", "1"},
                    Accepted{"::ffff:10.0.0.0/104", "cidr", "10.0.0.0/8", "16777216"},
                    Accepted{"::ffff:10.0.0.1/128", "cidr", "10.0.0.1/32", "1"},
                    Accepted{"::ffff:0:0/96", "cidr", "0.0.0.0/0", "4294967296"},
                    Accepted{"::ffff:10.0.0.1 - ::ffff:10.0.0.9", "range", "10.0.0.1-10.0.0.9", "9"},
                    Accepted{"::ffff:10.0.0.1-10.0.0.9", "range", "10.0.0.1-10.0.0.9", "9"},
                    // These blocks span the mapped addresses without holding them: they admit no IPv4.
                    Accepted{"::/79", "cidr", "::/79", "562949953421312"},
                    Accepted{"::fffe:0:0/96", "cidr", "::fffe:0:0/96", "4294967296"}));

struct Refused {
  std::string_view text;
  std::string_view code;
  std::vector<std::string> suggestions;
};

void PrintTo(const Refused& row, std::ostream* out) {
  *out << testing::PrintToString(row.text);
}

class RefusedEntry : public testing::TestWithParam<Refused> {};

TEST_P(RefusedEntry, SaysWhyAndWhatMayHaveBeenMeant) {
  const auto entry = parse_entry(GetParam().text);
  ASSERT_FALSE(entry) << entry->canonical;
  EXPECT_EQ(name(entry.error().code), GetParam().code) << entry.error().message;
  EXPECT_EQ(entry.error().suggestions, GetParam().suggestions) << entry.error().message;
  EXPECT_FALSE(entry.error().message.empty());
  EXPECT_EQ(entry.error().message.back(), '.');
}

const std::string kLong(129, '1');

INSTANTIATE_TEST_SUITE_P(
    Ipv4Addresses, RefusedEntry,
    testing::Values(
        Refused{"010.0.0.1", "leading_zero", {"10.0.0.1"}}, Refused{"10.0.0.00", "leading_zero", {"10.0.0.0"}},
        Refused{"010.000.000.001", "leading_zero", {"10.0.0.1"}}, Refused{"0300.0.0.1", "leading_zero", {}},
        Refused{"10.12", "too_few_octets", {"10.12.0.0/16"}}, Refused{"10", "too_few_octets", {"10.0.0.0/8"}},
        Refused{"10.12.3", "too_few_octets", {"10.12.3.0/24"}}, Refused{"167772161", "too_few_octets", {"10.0.0.1"}},
        Refused{"4294967296", "too_few_octets", {}}, Refused{"192.168.1/24", "too_few_octets", {"192.168.1.0/24"}},
        Refused{"10/8", "too_few_octets", {"10.0.0.0/8"}},
        Refused{"192.168.1/16", "too_few_octets", {"192.168.0.0/16", "192.168.1.0"}},
        Refused{"1.2.3.4.5", "too_many_octets", {}}, Refused{"1...2", "empty_part", {}},
        Refused{"10.0.0.1.", "empty_part", {"10.0.0.1"}}, Refused{"10.0.0.", "empty_part", {"10.0.0.0/24"}},
        Refused{".10.0.0.1", "empty_part", {}}, Refused{".", "empty_part", {}},
        Refused{"10.0.0.1..10.0.0.9", "empty_part", {"10.0.0.1-10.0.0.9"}},
        Refused{"256.0.0.1", "octet_out_of_range", {}}, Refused{"10.0.0.1000", "octet_out_of_range", {}},
        Refused{"10.0.0.*", "wildcard", {"10.0.0.0/24"}}, Refused{"10.0.*.*", "wildcard", {"10.0.0.0/16"}},
        Refused{"10.*", "wildcard", {"10.0.0.0/8"}}, Refused{"10.0.0.x", "wildcard", {"10.0.0.0/24"}},
        Refused{"10.0.0.*/24", "wildcard", {"10.0.0.0/24"}}, Refused{"10.*.0.1", "wildcard", {}},
        Refused{"*", "wildcard", {}}, Refused{"*.example.com", "wildcard", {}},
        Refused{"10.0.0.1:80", "port", {"10.0.0.1"}}, Refused{"10.0.0.1:", "port", {"10.0.0.1"}},
        Refused{"10.0.0.0:80/24", "port", {"10.0.0.0/24"}}, Refused{"10.0.0.0/24:80", "port", {"10.0.0.0/24"}},
        Refused{"10.0.0.1%eth0", "zone_id", {"10.0.0.1"}}, Refused{"[10.0.0.1]", "brackets", {"10.0.0.1"}},
        Refused{"[10.0.0.1]:80", "brackets", {"10.0.0.1"}}, Refused{"0x0a000001", "malformed", {}},
        Refused{"0x7f.1", "malformed", {}}));

INSTANTIATE_TEST_SUITE_P(
    Ipv6Addresses, RefusedEntry,
    testing::Values(Refused{"[::1]", "brackets", {"::1"}}, Refused{"[2001:db8::1]:443", "brackets", {"2001:db8::1"}},
                    Refused{"[2001:db8::]/32", "brackets", {"2001:db8::/32"}}, Refused{"[::1", "brackets", {"::1"}},
                    Refused{"fe80::1%eth0", "zone_id", {"fe80::1"}}, Refused{"fe80::1%", "zone_id", {"fe80::1"}},
                    Refused{"fe80::%eth0/64", "zone_id", {"fe80::/64"}}, Refused{"fe80::1%1-2", "zone_id", {"fe80::1"}},
                    Refused{"2001:db8:::1", "empty_part", {"2001:db8::1"}},
                    Refused{"2001:db8::::1", "empty_part", {"2001:db8::1"}}, Refused{":::", "empty_part", {"::"}},
                    Refused{":1", "empty_part", {"::1"}}, Refused{"2001:db8:", "empty_part", {"2001:db8::"}},
                    Refused{":", "empty_part", {"::"}}, Refused{"1::2::3", "malformed_ipv6", {}},
                    Refused{"1:2:3:4:5:6:7", "malformed_ipv6", {}}, Refused{"1:2:3:4:5:6:7:8:9", "malformed_ipv6", {}},
                    Refused{"1:2:3:4::5:6:7:8", "malformed_ipv6", {"1:2:3:4:5:6:7:8"}},
                    Refused{"::1:2:3:4:5:6:7:8", "malformed_ipv6", {"1:2:3:4:5:6:7:8"}},
                    Refused{"1:2:3:4:5:6:7:8::", "malformed_ipv6", {"1:2:3:4:5:6:7:8"}},
                    Refused{"2001:db8::00001", "malformed_ipv6", {"2001:db8::1"}},
                    Refused{"2001:db8::12345", "malformed_ipv6", {}}, Refused{"2001:db8::g", "malformed_ipv6", {}},
                    Refused{"00:1a:2b:3c:4d:5e", "malformed_ipv6", {}},
                    Refused{"::ffff:010.0.0.1", "leading_zero", {"::ffff:10.0.0.1"}},
                    Refused{"::ffff:10.0.0.256", "octet_out_of_range", {}},
                    Refused{"::ffff:10.0.0", "too_few_octets", {}}, Refused{"1.2.3.4::", "malformed_ipv6", {}},
                    Refused{"1:2:3:4:5:6:7:1.2.3.4", "malformed_ipv6", {}},
                    Refused{"2001:db8:1:*", "wildcard", {"2001:db8:1::/48"}},
                    Refused{"2001:db8::*", "wildcard", {"2001:db8::/112"}}, Refused{"fe80:1", "malformed_ipv6", {}}));

INSTANTIATE_TEST_SUITE_P(
    Blocks, RefusedEntry,
    testing::Values(
        Refused{"10.0.0.5/24", "host_bits_set", {"10.0.0.0/24", "10.0.0.5"}},
        Refused{"10.0.0.1/0", "host_bits_set", {"0.0.0.0/0", "10.0.0.1"}},
        Refused{"2001:db8::1/48", "host_bits_set", {"2001:db8::/48", "2001:db8::1"}},
        Refused{"192.168.0.5/255.255.255.0", "host_bits_set", {"192.168.0.0/24", "192.168.0.5"}},
        Refused{"10.0.0.5/0.0.0.0", "host_bits_set", {"0.0.0.0/0", "10.0.0.5"}},
        Refused{"10.0.0.0/08", "prefix_zero_padded", {"10.0.0.0/8"}},
        Refused{"10.0.0.0/00", "prefix_zero_padded", {"0.0.0.0/0", "10.0.0.0"}},
        Refused{"10.0.0.5/024", "prefix_zero_padded", {"10.0.0.0/24", "10.0.0.5"}},
        Refused{"010.0.0.5/024", "leading_zero", {"10.0.0.0/24", "10.0.0.5"}},
        Refused{"10.0.0.0/33", "prefix_out_of_range", {}}, Refused{"2001:db8::/129", "prefix_out_of_range", {}},
        Refused{"10.0.0.0/99999999999999999999", "prefix_out_of_range", {}},
        Refused{"10.0.0.0/+8", "prefix_malformed", {"10.0.0.0/8"}}, Refused{"10.0.0.0/-8", "prefix_malformed", {}},
        Refused{"10.0.0.0/", "prefix_malformed", {"10.0.0.0"}}, Refused{"10.0.0.0/x", "prefix_malformed", {}},
        Refused{"10.0.0.0//8", "prefix_malformed", {"10.0.0.0/8"}}, Refused{"10.0.0.0/8/8", "prefix_malformed", {}},
        Refused{"10.0.0.0/0x8", "prefix_malformed", {}}, Refused{"/24", "empty_part", {}},
        Refused{"10.0.0.0 / 8", "malformed", {"10.0.0.0/8"}}, Refused{"10.0.0.0/ 8", "malformed", {"10.0.0.0/8"}},
        Refused{"10.0.0.0/0.0.0.255", "host_mask", {"10.0.0.0/24"}},
        Refused{"10.0.0.5/0.0.0.255", "host_mask", {"10.0.0.0/24", "10.0.0.5"}},
        Refused{"10.0.0.0/255.0.255.0", "mask_with_holes", {}},
        Refused{"10.0.0.0/255.255.256.0", "prefix_malformed", {}},
        Refused{"10.0.0.0/255.000.0.0", "prefix_malformed", {"10.0.0.0/255.0.0.0"}},
        Refused{"10.0.0.0/255.255.255", "prefix_malformed", {}},
        Refused{"2001:db8::/ffff:ffff::", "prefix_malformed", {"2001:db8::/32"}},
        Refused{"2001:db8::/255.255.0.0", "prefix_malformed", {}},
        Refused{"203.0.113.0 255.255.255.0", "malformed", {"203.0.113.0/255.255.255.0"}},
        Refused{"example.com/24", "host_name", {}}, Refused{"my-host/24", "host_name", {}}));

INSTANTIATE_TEST_SUITE_P(
    BlocksAtTheMappedAddresses, RefusedEntry,
    testing::Values(Refused{"::/80", "range_mixed_families", {"::-::fffe:ffff:ffff"}},
                    Refused{"::fffe:0:0/95", "range_mixed_families", {"::fffe:0:0-::fffe:ffff:ffff"}},
                    Refused{"::ffff:0:0/95", "prefix_out_of_range", {"0.0.0.0"}},
                    Refused{"::ffff:10.0.0.0/8", "prefix_out_of_range", {"10.0.0.0/8", "10.0.0.0"}},
                    Refused{"::ffff:10.0.0.5/104", "host_bits_set", {"10.0.0.0/8", "10.0.0.5"}},
                    Refused{"::ffff:10.0.0.0/255.0.0.0", "prefix_malformed", {"10.0.0.0/255.0.0.0"}},
                    Refused{"::1-::ffff:ffff:ffff", "range_mixed_families", {}}));

INSTANTIATE_TEST_SUITE_P(
    Ranges, RefusedEntry,
    testing::Values(Refused{"10.0.0.9-10.0.0.1", "range_reversed", {"10.0.0.1-10.0.0.9"}},
                    Refused{"10.0.0.20-10", "range_reversed", {"10.0.0.10-10.0.0.20"}},
                    Refused{"2001:db8::ff - 2001:db8::1", "range_reversed", {"2001:db8::1-2001:db8::ff"}},
                    Refused{"10.0.0.1-2001:db8::1", "range_mixed_families", {}},
                    Refused{"10.0.0.1-", "range_malformed", {"10.0.0.1"}},
                    Refused{"-10.0.0.1", "range_malformed", {"10.0.0.1"}}, Refused{"-", "range_malformed", {}},
                    Refused{"10.0.0.1-10.0.0.5-10.0.0.9", "range_malformed", {}},
                    Refused{"10.0.0.1--10.0.0.9", "range_malformed", {"10.0.0.1-10.0.0.9"}},
                    Refused{"10.0.0.0/24-10.0.3.0/24", "range_malformed", {"10.0.0.0-10.0.3.255"}},
                    Refused{"10.0.0.0-10.0.0.255/24", "range_malformed", {}},
                    Refused{"010.0.0.1-10.0.0.9", "leading_zero", {"10.0.0.1-10.0.0.9"}},
                    Refused{"10.0.0.1-10.0.0.09", "leading_zero", {"10.0.0.1-10.0.0.9"}},
                    Refused{"10.0.0.1-09", "leading_zero", {"10.0.0.1-9"}},
                    Refused{"10.0.0.1-256", "octet_out_of_range", {}},
                    Refused{"10.0.0.1-1.20", "too_few_octets", {"10.0.0.1-10.0.1.20"}},
                    Refused{"2001:db8::1-ff", "range_malformed", {"2001:db8::1-2001:db8::ff"}},
                    Refused{"10.0.0.1 to 10.0.0.9", "malformed", {"10.0.0.1-10.0.0.9"}},
                    Refused{"10.0.0.1-example.com", "host_name", {}}, Refused{"10.0.0.*-10.0.1.*", "wildcard", {}}));

INSTANTIATE_TEST_SUITE_P(
    OtherTexts, RefusedEntry,
    testing::Values(Refused{"", "empty", {}}, Refused{" \t ", "empty", {}}, Refused{kLong, "too_long", {}},
                    Refused{"example.com", "host_name", {}}, Refused{"localhost", "host_name", {}},
                    Refused{"example.com:443", "host_name", {}}, Refused{"ip-10-0-0-1.internal", "host_name", {}},
                    Refused{"https://203.0.113.5/path", "host_name", {"203.0.113.5"}},
                    Refused{"https://203.0.113.5:8443/", "host_name", {"203.0.113.5"}},
                    Refused{"https://[2001:db8::1]/", "host_name", {"2001:db8::1"}},
                    Refused{"\"203.0.113.5\"", "malformed", {"203.0.113.5"}},
                    Refused{"203.0.113.5,", "malformed", {"203.0.113.5"}},
                    Refused{"203.0.113.5, 203.0.113.6", "malformed", {"203.0.113.5", "203.0.113.6"}},
                    Refused{"203.0.113.5 203.0.113.6", "malformed", {"203.0.113.5", "203.0.113.6"}},
                    Refused{"203.0.113.5 # office", "malformed", {"203.0.113.5"}},
                    Refused{"me@203.0.113.5", "malformed", {}}, Refused{"!", "malformed", {}},
                    Refused{"10.0.0.1\0"sv, "not_ascii", {}}, Refused{"10.0.0.1\n10.0.0.2", "not_ascii", {}},
                    Refused{"10.0.0.1\x7F", "not_ascii", {}},
                    Refused{"10.0.0.1\t-\t10.0.0.9", "not_ascii", {"10.0.0.1 - 10.0.0.9"}},
                    Refused{"10.0.0.1 \xE2\x80\x93 10.0.0.9", "not_ascii", {"10.0.0.1 - 10.0.0.9"}},
                    Refused{"\xC2\xA0"
                            "10.0.0.1",
                            "not_ascii",
                            {"10.0.0.1"}},
                    Refused{"10.0.0.1\xE2\x80\x8B", "not_ascii", {"10.0.0.1"}},
                    Refused{"\xEF\xBC\x91.0.0.1", "not_ascii", {}}, Refused{"\xFF", "not_ascii", {}}));

TEST(EntrySyntax, ATextOf128CharactersIsReadAndOneMoreIsNot) {
  const std::string at_most = "10.0.0.1-" + std::string(111, ' ') + "10.0.0.9";
  ASSERT_EQ(at_most.size(), kEntryTextBytesMax);
  EXPECT_TRUE(parse_entry(at_most));
  EXPECT_TRUE(parse_entry(std::string(1000, ' ') + at_most + std::string(1000, ' ')));
  EXPECT_EQ(parse_entry("10.0.0.1- " + at_most.substr(9)).error().code, EntryErrorCode::kTooLong);
}

TEST(EntrySyntax, EveryErrorCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(EntryErrorCode::kMalformed); ++code) {
    names.insert(name(static_cast<EntryErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(EntryErrorCode::kMalformed) + 1);
  EXPECT_EQ(names.count("unknown"), 0U);
}

struct Classified {
  std::string_view text;
  std::string_view expected;
};

void PrintTo(const Classified& row, std::ostream* out) {
  *out << testing::PrintToString(row.text);
}

class ClassOfEntry : public testing::TestWithParam<Classified> {};

TEST_P(ClassOfEntry, IsThis) {
  EXPECT_EQ(name(classify(parse_entry(GetParam().text)->range)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Blocks, ClassOfEntry,
    testing::Values(Classified{"8.8.8.8", "public"}, Classified{"0.0.0.0", "unspecified"},
                    Classified{"0.1.2.3", "reserved"}, Classified{"0.0.0.0/8", "reserved"},
                    Classified{"0.0.0.0/0", "public"}, Classified{"9.255.255.255", "public"},
                    Classified{"10.0.0.0/8", "private"}, Classified{"10.0.0.0/7", "public"},
                    Classified{"10.255.255.255", "private"}, Classified{"11.0.0.0", "public"},
                    Classified{"9.255.255.255-10.0.0.0", "public"}, Classified{"172.16.0.0/12", "private"},
                    Classified{"172.32.0.0", "public"}, Classified{"192.168.0.0/16", "private"},
                    Classified{"127.0.0.1", "loopback"}, Classified{"169.254.1.1", "link_local"},
                    Classified{"100.64.0.0/10", "cgnat"}, Classified{"100.128.0.0", "public"},
                    Classified{"192.0.2.1", "documentation"}, Classified{"198.51.100.0/24", "documentation"},
                    Classified{"203.0.113.5", "documentation"}, Classified{"198.18.0.0/15", "reserved"},
                    Classified{"192.0.0.8", "reserved"}, Classified{"224.0.0.1", "multicast"},
                    Classified{"239.255.255.255", "multicast"}, Classified{"240.0.0.0", "reserved"},
                    Classified{"255.255.255.255", "reserved"}, Classified{"::", "unspecified"},
                    Classified{"::1", "loopback"}, Classified{"::/0", "public"}, Classified{"::2", "public"},
                    Classified{"fe80::/10", "link_local"}, Classified{"fc00::/7", "private"},
                    Classified{"fec0::1", "private"}, Classified{"2001:db8::/32", "documentation"},
                    Classified{"3fff:fff::", "documentation"}, Classified{"2001:db9::", "public"},
                    Classified{"ff02::1", "multicast"}, Classified{"100::1", "reserved"},
                    Classified{"64:ff9b::8.8.8.8", "public"}, Classified{"64:ff9b:1::1", "reserved"},
                    Classified{"2002::1", "public"}, Classified{"2001::1", "public"},
                    Classified{"2606:4700::/32", "public"}, Classified{"::ffff:10.0.0.1", "private"}));

}  // namespace
}  // namespace keyfence
