#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/common/random.h"
#include "libs/base/uint128.h"
#include "libs/net/ip_range.h"

namespace keyfence::bench {

// A list of CIDR blocks of one family, as an operator would load it: not merged, without repeats, sorted.
struct Table {
  std::string name;
  IpFamily family = IpFamily::kV4;
  std::vector<IpRange> prefixes;
};

// The ranges of a file of the npm package @ip-location-db/asn ("first,last,..." a line), cut into CIDR blocks. Ends
// the program if the file cannot be read.
[[nodiscard]] Table internet_table(const std::string& csv_path, IpFamily family);

// Random blocks: IPv4 with lengths of 20 to 32, IPv6 in 2000::/3 with the lengths that lists hold, most often /48.
[[nodiscard]] Table random_table(std::string name, IpFamily family, std::size_t prefixes, std::uint64_t seed);

// Addresses to ask a table for: one half inside its blocks (a block at random, an address in it at random), one half
// drawn from the whole space, for IPv6 from 2000::/3 and from near misses.
[[nodiscard]] std::vector<IpAddress> queries(const Table& table, std::size_t count, std::uint64_t seed);

[[nodiscard]] IpRange random_prefix(IpFamily family, Random& random);
[[nodiscard]] IpAddress random_inside(const IpRange& range, Random& random);
[[nodiscard]] uint128 random_bits(Random& random);

}  // namespace keyfence::bench
