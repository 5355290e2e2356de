#include "bench/common/tables.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace keyfence::bench {
namespace {

constexpr uint128 kGlobalUnicast = uint128{1} << 125;  // 2000::/3

IpAddress address_of(IpFamily family, uint128 bits) {
  return family == IpFamily::kV4 ? IpAddress::v4(static_cast<std::uint32_t>(bits)) : IpAddress::v6(bits);
}

IpRange prefix_of(IpFamily family, uint128 bits, int length) {
  const int width = family == IpFamily::kV4 ? 32 : 128;
  const uint128 host = length == 0 ? ~uint128{0} : (uint128{1} << (width - length)) - 1;
  const IpAddress first = address_of(family, bits & ~host);
  const IpAddress last = address_of(family, bits | host);
  return IpRange::make(first, last).value_or(IpRange::single(first));
}

int random_length_v6(Random& random) {
  constexpr std::array<int, 20> kLengths = {32, 36, 40, 44, 48, 48, 48, 48, 48,  48,
                                            48, 52, 56, 56, 56, 60, 64, 64, 128, 128};
  return kLengths[random.below(kLengths.size())];
}

}  // namespace

uint128 random_bits(Random& random) {
  return uint128{random.next()} << 64 | random.next();
}

IpRange random_prefix(IpFamily family, Random& random) {
  if (family == IpFamily::kV4)
    return prefix_of(family, random.below(std::uint64_t{1} << 32), 20 + static_cast<int>(random.below(13)));
  return prefix_of(family, kGlobalUnicast | random_bits(random) >> 3, random_length_v6(random));
}

IpAddress random_inside(const IpRange& range, Random& random) {
  const uint128 span = range.count_minus_one();
  const uint128 bits = random_bits(random);
  return address_of(range.family(), range.first().number() + (span == ~uint128{0} ? bits : bits % (span + 1)));
}

Table internet_table(const std::string& csv_path, IpFamily family) {
  Table table{family == IpFamily::kV4 ? "internet-v4" : "internet-v6", family, {}};
  std::ifstream file(csv_path);
  for (std::string line; std::getline(file, line);) {
    const auto first_comma = line.find(',');
    const auto second_comma = line.find(',', first_comma + 1);
    if (second_comma == std::string::npos) continue;
    const auto first = IpAddress::parse(std::string_view(line).substr(0, first_comma));
    const auto last = IpAddress::parse(std::string_view(line).substr(first_comma + 1, second_comma - first_comma - 1));
    if (!first || !last) continue;
    const auto range = IpRange::make(*first, *last);
    if (!range || range->family() != family) continue;
    const std::vector<IpRange> cover = range->cidr_cover();
    table.prefixes.insert(table.prefixes.end(), cover.begin(), cover.end());
  }
  if (table.prefixes.empty()) {
    std::fprintf(stderr, "no ranges in %s\n", csv_path.c_str());
    std::exit(1);
  }
  std::sort(table.prefixes.begin(), table.prefixes.end());
  table.prefixes.erase(std::unique(table.prefixes.begin(), table.prefixes.end()), table.prefixes.end());
  return table;
}

Table random_table(std::string name, IpFamily family, std::size_t prefixes, std::uint64_t seed) {
  Table table{std::move(name), family, {}};
  Random random(seed);
  while (table.prefixes.size() < prefixes) {
    while (table.prefixes.size() < prefixes) table.prefixes.push_back(random_prefix(family, random));
    std::sort(table.prefixes.begin(), table.prefixes.end());
    table.prefixes.erase(std::unique(table.prefixes.begin(), table.prefixes.end()), table.prefixes.end());
  }
  return table;
}

std::vector<IpAddress> queries(const Table& table, std::size_t count, std::uint64_t seed) {
  std::vector<IpAddress> addresses;
  addresses.reserve(count);
  Random random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    const IpRange& prefix = table.prefixes[random.below(table.prefixes.size())];
    if (random.below(2) == 0) {
      addresses.push_back(random_inside(prefix, random));
    } else if (table.family == IpFamily::kV4) {
      addresses.push_back(IpAddress::v4(static_cast<std::uint32_t>(random.next())));
    } else if (random.below(2) == 0) {
      addresses.push_back(IpAddress::v6(kGlobalUnicast | random_bits(random) >> 3));
    } else {
      addresses.push_back(IpAddress::v6(prefix.first().number() ^ random_bits(random) >> (24 + random.below(40))));
    }
  }
  return addresses;
}

}  // namespace keyfence::bench
