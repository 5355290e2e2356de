#include "libs/policy/match_index.h"

#include <gtest/gtest.h>

#include <random>

#include "libs/policy/slow_policy.h"

namespace keyfence {
namespace {

PolicyEntry entry(std::uint64_t id, IpAddress first, IpAddress last) {
  return {.id = EntryId(id), .range = *IpRange::make(first, last), .state = EntryState::kEnabled, .expires_at = {}};
}

TEST(MatchIndex, AgreesWithTheScanOnRandomListsOfBothFamilies) {
  std::mt19937 random(11);
  const UnixSeconds now{1000};
  for (int world = 0; world < 3000; ++world) {
    Allowlist list;
    const std::size_t count = random() % 12;
    for (std::size_t i = 0; i < count; ++i) {
      // Small worlds at both ends of both families, so that borders meet.
      const bool v4 = random() % 2 == 0;
      const bool high = random() % 2 == 0;
      const auto place = [&](unsigned n) {
        if (v4) return IpAddress::v4(high ? 0xFFFFFFF0U + n : n);
        return IpAddress::v6(high ? ~uint128{15} + n : uint128{n});
      };
      const unsigned a = random() % 16;
      const unsigned b = random() % 16;
      PolicyEntry made = entry(100 + random() % 1000, place(std::min(a, b)), place(std::max(a, b)));
      if (random() % 5 == 0) made.state = EntryState::kDisabled;
      if (random() % 4 == 0) made.expires_at = UnixSeconds{random() % 2 == 0 ? 999U : 1001U};
      list.entries.push_back(made);
    }
    const MatchIndex index(list.entries);
    for (unsigned n = 0; n < 16; ++n) {
      for (const IpAddress address : {IpAddress::v4(n), IpAddress::v4(0xFFFFFFF0U + n), IpAddress::v6(uint128{n}),
                                      IpAddress::v6(~uint128{15} + n)}) {
        const PolicyEntry* const slow = matching_entry(list, address, now);
        const auto quick = index.best_match(address, now);
        ASSERT_EQ(quick.has_value(), slow != nullptr) << world << " " << address.text();
        ASSERT_EQ(quick.value_or(EntryId()), slow == nullptr ? EntryId() : slow->id) << world << " " << address.text();
      }
    }
  }
}

TEST(MatchIndex, HoldsNoMoreSegmentsThanTheEntriesHaveEnds) {
  std::vector<PolicyEntry> entries;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    entries.push_back(entry(i + 1, IpAddress::v4(i * 16), IpAddress::v4(i * 16 + 40)));
  }
  EXPECT_LE(MatchIndex(entries).segment_count(), 20'000U);
}

}  // namespace
}  // namespace keyfence
