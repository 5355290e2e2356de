#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "libs/net/ip_address.h"
#include "libs/net/ip_range.h"

namespace keyfence {

// The addresses that a list of ranges admits, as disjoint, sorted, non-adjacent intervals of both families.
//
// Shape    Immutable; made by AddressSetBuilder or by the set operations. Two sets are equal exactly if they hold the
//          same addresses.
// Threads  A value; const use is shared freely.
// Cost     contains() and overlaps(range) O(log n); the set operations O(n + m); no allocation in either query.
class AddressSet {
 public:
  AddressSet() = default;  // the empty set

  [[nodiscard]] bool empty() const noexcept { return ranges_.empty(); }
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] bool contains(const IpRange& range) const noexcept;
  [[nodiscard]] bool overlaps(const IpRange& range) const noexcept;
  [[nodiscard]] bool overlaps(const AddressSet& other) const noexcept;
  [[nodiscard]] AddressSet united(const AddressSet& other) const;
  [[nodiscard]] AddressSet intersected(const AddressSet& other) const;
  [[nodiscard]] AddressSet without(const AddressSet& other) const;
  [[nodiscard]] std::span<const IpRange> ranges() const noexcept { return ranges_; }
  // How many addresses of one family it holds, in decimal, exactly.
  [[nodiscard]] std::string count_text(IpFamily family) const;

  friend bool operator==(const AddressSet&, const AddressSet&) noexcept = default;

 private:
  friend class AddressSetBuilder;
  std::vector<IpRange> ranges_;
};

// Collects ranges in any order, overlapping or not, and builds the set.
class AddressSetBuilder {
 public:
  AddressSetBuilder& add(const IpRange& range);
  AddressSetBuilder& add(std::span<const IpRange> ranges);
  [[nodiscard]] AddressSet build() &&;  // O(n log n)

 private:
  std::vector<IpRange> ranges_;
};

}  // namespace keyfence
