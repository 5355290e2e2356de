#include "libs/net/ip_range.h"

#include "libs/net/count_text.h"

namespace keyfence {
namespace {

constexpr int family_bits(IpFamily family) noexcept {
  return family == IpFamily::kV4 ? 32 : 128;
}

// The 2^bits - 1 addresses that follow the first one of a block.
constexpr uint128 block_mask(int bits) noexcept {
  return bits == 128 ? ~uint128{0} : (uint128{1} << bits) - 1;
}

IpAddress of_family(IpFamily family, uint128 number) noexcept {
  return family == IpFamily::kV4 ? IpAddress::v4(static_cast<std::uint32_t>(number)) : IpAddress::v6(number);
}

// The largest aligned block that begins here and does not pass the range's last address.
IpRange largest_block(const IpAddress& first, const IpAddress& last) noexcept {
  const uint128 begin = first.number();
  IpAddress best = first;
  for (int bits = 1; bits <= family_bits(first.family()); ++bits) {
    const uint128 mask = block_mask(bits);
    if ((begin & mask) != 0 || mask > last.number() - begin) break;
    // A block that would end in ::ffff:0:0/96 folds to another family there; a larger one may fit again.
    const IpAddress end = of_family(first.family(), begin | mask);
    if (end.family() == first.family()) best = end;
  }
  return *IpRange::make(first, best);
}

}  // namespace

std::optional<IpRange> IpRange::make(IpAddress first, IpAddress last) noexcept {
  if (first.family() != last.family() || last < first) return std::nullopt;
  return IpRange(first, last);
}

IpRange IpRange::all(IpFamily family) noexcept {
  return IpRange(of_family(family, 0), of_family(family, block_mask(family_bits(family))));
}

std::string IpRange::count_text() const {
  return keyfence::count_text(count_minus_one());
}

std::optional<int> IpRange::prefix_length() const noexcept {
  const uint128 mask = count_minus_one();
  if ((mask & (mask + 1)) != 0 || (first_.number() & mask) != 0) return std::nullopt;
  int host_bits = 0;
  for (uint128 rest = mask; rest != 0; rest >>= 1) ++host_bits;
  return family_bits(family()) - host_bits;
}

std::vector<IpRange> IpRange::cidr_cover() const {
  std::vector<IpRange> cover;
  for (std::optional<IpAddress> at = first_; at && *at <= last_; at = next_address(cover.back().last())) {
    cover.push_back(largest_block(*at, last_));
  }
  return cover;
}

std::string IpRange::text() const {
  if (const auto length = prefix_length()) return first_.text() + "/" + std::to_string(*length);
  return first_.text() + "-" + last_.text();
}

}  // namespace keyfence
