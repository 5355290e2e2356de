#include "libs/net/address_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "libs/base/uint128.h"
#include "libs/net/count_text.h"

namespace keyfence {
namespace {

// Appends a range whose first address is not before any already there, merging it with the last if they touch.
void append_merging(std::vector<IpRange>& out, const IpRange& range) {
  if (!out.empty() && out.back().family() == range.family()) {
    IpRange& back = out.back();
    const auto after = next_address(back.last());
    if (!after || range.first() <= *after) {
      if (back.last() < range.last()) back = *IpRange::make(back.first(), range.last());
      return;
    }
  }
  out.push_back(range);
}

// The only range that can contain the address: the last one that does not begin after it.
const IpRange* candidate(std::span<const IpRange> ranges, const IpAddress& address) noexcept {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), address,
                                      [](const IpAddress& a, const IpRange& range) { return a < range.first(); });
  return after == ranges.begin() ? nullptr : &*std::prev(after);
}

}  // namespace

bool AddressSet::contains(const IpAddress& address) const noexcept {
  const IpRange* range = candidate(ranges_, address);
  return range != nullptr && address <= range->last();
}

bool AddressSet::contains(const IpRange& range) const noexcept {
  const IpRange* holder = candidate(ranges_, range.first());
  return holder != nullptr && range.last() <= holder->last();
}

bool AddressSet::overlaps(const IpRange& range) const noexcept {
  const IpRange* last_begun = candidate(ranges_, range.last());
  return last_begun != nullptr && range.first() <= last_begun->last();
}

bool AddressSet::overlaps(const AddressSet& other) const noexcept {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < ranges_.size() && j < other.ranges_.size()) {
    if (ranges_[i].overlaps(other.ranges_[j])) return true;
    if (ranges_[i].last() < other.ranges_[j].last()) {
      ++i;
    } else {
      ++j;
    }
  }
  return false;
}

AddressSet AddressSet::united(const AddressSet& other) const {
  AddressSet out;
  out.ranges_.reserve(ranges_.size() + other.ranges_.size());
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < ranges_.size() || j < other.ranges_.size()) {
    const bool mine = j == other.ranges_.size() || (i < ranges_.size() && ranges_[i] < other.ranges_[j]);
    append_merging(out.ranges_, mine ? ranges_[i++] : other.ranges_[j++]);
  }
  return out;
}

AddressSet AddressSet::intersected(const AddressSet& other) const {
  AddressSet out;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < ranges_.size() && j < other.ranges_.size()) {
    const IpRange& a = ranges_[i];
    const IpRange& b = other.ranges_[j];
    if (a.overlaps(b)) {
      out.ranges_.push_back(*IpRange::make(std::max(a.first(), b.first()), std::min(a.last(), b.last())));
    }
    if (a.last() < b.last()) {
      ++i;
    } else {
      ++j;
    }
  }
  return out;
}

AddressSet AddressSet::without(const AddressSet& other) const {
  AddressSet out;
  std::size_t j = 0;
  for (const IpRange& range : ranges_) {
    std::optional<IpAddress> begin = range.first();
    while (j < other.ranges_.size() && other.ranges_[j].last() < range.first()) ++j;
    for (std::size_t k = j; k < other.ranges_.size() && begin && other.ranges_[k].first() <= range.last(); ++k) {
      const IpRange& hole = other.ranges_[k];
      if (*begin < hole.first()) out.ranges_.push_back(*IpRange::make(*begin, *previous_address(hole.first())));
      begin = hole.last() < range.last() ? next_address(hole.last()) : std::nullopt;
      j = k;
    }
    if (begin) out.ranges_.push_back(*IpRange::make(*begin, range.last()));
  }
  return out;
}

std::string AddressSet::count_text(IpFamily family) const {
  bool any = false;
  uint128 count_minus_one = ~uint128{0};
  for (const IpRange& range : ranges_) {
    if (range.family() != family) continue;
    any = true;
    count_minus_one += range.count_minus_one() + 1;  // wraps for ::/0 alone, and back to the right value
  }
  return any ? keyfence::count_text(count_minus_one) : "0";
}

AddressSetBuilder& AddressSetBuilder::add(const IpRange& range) {
  ranges_.push_back(range);
  return *this;
}

AddressSetBuilder& AddressSetBuilder::add(std::span<const IpRange> ranges) {
  ranges_.insert(ranges_.end(), ranges.begin(), ranges.end());
  return *this;
}

AddressSet AddressSetBuilder::build() && {
  std::sort(ranges_.begin(), ranges_.end());
  AddressSet set;
  set.ranges_.reserve(ranges_.size());
  for (const IpRange& range : ranges_) append_merging(set.ranges_, range);
  ranges_.clear();
  return set;
}

}  // namespace keyfence
