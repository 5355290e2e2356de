#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/uint128.h"
#include "libs/net/ip_address.h"

namespace keyfence {

// All addresses of one family from first to last, both included.
//
// Shape    first <= last, one family. Ordered by first, then last. An IPv6 range may span ::ffff:0:0/96 but neither
//          begin nor end in it: those numbers are IPv4 addresses, which it does not contain.
// Errors   make() answers nullopt for reversed or mixed-family ends.
// Threads  A value.
class IpRange {
 public:
  [[nodiscard]] static std::optional<IpRange> make(IpAddress first, IpAddress last) noexcept;
  [[nodiscard]] static IpRange single(IpAddress address) noexcept { return IpRange(address, address); }
  // Every address of the family.
  [[nodiscard]] static IpRange all(IpFamily family) noexcept;

  [[nodiscard]] const IpAddress& first() const noexcept { return first_; }
  [[nodiscard]] const IpAddress& last() const noexcept { return last_; }
  [[nodiscard]] IpFamily family() const noexcept { return first_.family(); }
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept { return first_ <= address && address <= last_; }
  [[nodiscard]] bool contains(const IpRange& other) const noexcept {
    return first_ <= other.first_ && other.last_ <= last_;
  }
  [[nodiscard]] bool overlaps(const IpRange& other) const noexcept {
    return first_ <= other.last_ && other.first_ <= last_;
  }
  // How many addresses, minus one (::/0 has 2^128, one more than 128 bits hold). A range that spans ::ffff:0:0/96
  // counts those numbers too, as anyone would who reads its prefix length.
  [[nodiscard]] uint128 count_minus_one() const noexcept { return last_.number() - first_.number(); }
  // The number of addresses in decimal, exactly, up to 340282366920938463463374607431768211456.
  [[nodiscard]] std::string count_text() const;
  // The prefix length if the range is one CIDR block.
  [[nodiscard]] std::optional<int> prefix_length() const noexcept;
  // The fewest CIDR blocks that cover exactly this range, in order; at most 62 for IPv4 and 254 for IPv6 (268 if the
  // range spans ::ffff:0:0/96, where no block may begin or end).
  [[nodiscard]] std::vector<IpRange> cidr_cover() const;
  // Canonical text: "203.0.113.0/24" and "203.0.113.5/32" for a CIDR block, otherwise "first-last".
  [[nodiscard]] std::string text() const;

  friend constexpr auto operator<=>(const IpRange&, const IpRange&) noexcept = default;

 private:
  IpRange(IpAddress first, IpAddress last) noexcept : first_(first), last_(last) {}

  IpAddress first_;
  IpAddress last_;
};

}  // namespace keyfence
