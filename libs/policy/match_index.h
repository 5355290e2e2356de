#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "libs/policy/policy.h"

namespace keyfence {

// Which entry of a list admits an address: the most specific usable one, then the oldest. The quick twin of
// matching_entry(), for lists of any length.
//
// Shape    Immutable. Entries that never expire are flattened into disjoint segments, each with its best entry; the
//          ones that expire are kept aside and asked one by one.
// Threads  A value; const use is shared freely.
// Cost     Building O(n log n); best_match() O(log n) and one step for each entry that expires.
class MatchIndex {
 public:
  explicit MatchIndex(std::span<const PolicyEntry> entries);

  [[nodiscard]] std::optional<EntryId> best_match(const IpAddress& address, UnixSeconds now) const noexcept;
  [[nodiscard]] std::size_t segment_count() const noexcept { return segments_.size(); }

 private:
  struct Segment {
    IpRange range;
    std::size_t entry;  // index into permanent_
  };
  std::vector<PolicyEntry> permanent_;
  std::vector<PolicyEntry> expiring_;
  std::vector<Segment> segments_;  // sorted, disjoint
};

// Whether a is the better match of two that both admit an address.
[[nodiscard]] bool is_better_match(const PolicyEntry& a, const PolicyEntry& b) noexcept;

}  // namespace keyfence
