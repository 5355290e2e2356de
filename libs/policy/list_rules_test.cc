#include "libs/policy/list_rules.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace keyfence {
namespace {

std::vector<CandidateEntry> entries(const std::vector<std::string_view>& texts, std::uint64_t first_id) {
  std::vector<CandidateEntry> out;
  out.reserve(texts.size());
  for (const std::string_view text : texts) {
    out.push_back({EntryId(first_id == 0 ? 0 : first_id + out.size()), parse_entry(text)->range});
  }
  return out;
}

// Standing entries have ids from 101; added ones have none yet. "0:duplicate_entry=101" names index, code and entry.
std::string judged(const ListLimits& limits, const std::vector<std::string_view>& standing,
                   const std::vector<std::string_view>& added, NonPublicWarnings non_public = NonPublicWarnings::kOff) {
  const RuleReport report = check_additions(limits, entries(standing, 101), entries(added, 0), non_public);
  std::string out;
  const auto append = [&out](std::size_t index, std::string_view code, std::optional<EntryId> other) {
    if (!out.empty()) out.push_back(' ');
    out += std::to_string(index) + ":" + std::string(code);
    if (other) out += "=" + std::to_string(other->value());
  };
  for (const auto& error : report.errors) append(error.index, name(error.code), error.standing);
  for (const auto& warning : report.warnings) append(warning.index, name(warning.code), warning.other);
  return out;
}

const ListLimits kKeyLimits = default_limits(Layer::kKey);
const ListLimits kWide = default_limits(Layer::kGlobal);

TEST(ListRules, DefaultLimitsAreThoseOfTheDesign) {
  EXPECT_EQ(default_limits(Layer::kKey), (ListLimits{20, 9, 33}));
  EXPECT_EQ(default_limits(Layer::kAccount), (ListLimits{1'000, std::nullopt, std::nullopt}));
  EXPECT_EQ(default_limits(Layer::kGlobal), (ListLimits{1'000'000, std::nullopt, std::nullopt}));
}

TEST(ListRules, AFloorCountsAddressesWhateverTheForm) {
  EXPECT_EQ(judged(kKeyLimits, {}, {"8.0.0.0/9"}), "");
  EXPECT_EQ(judged(kKeyLimits, {}, {"8.0.0.0/8"}), "0:too_broad");
  EXPECT_EQ(judged(kKeyLimits, {}, {"8.0.0.0-8.127.255.255"}), "");
  EXPECT_EQ(judged(kKeyLimits, {}, {"8.0.0.1-8.128.0.0"}), "");
  EXPECT_EQ(judged(kKeyLimits, {}, {"8.0.0.1-8.128.0.1"}), "0:too_broad");
  EXPECT_EQ(judged(kKeyLimits, {}, {"0.0.0.0/0"}), "0:too_broad");
  EXPECT_EQ(judged(kKeyLimits, {}, {"2600::/33"}), "");
  EXPECT_EQ(judged(kKeyLimits, {}, {"2600::/32"}), "0:too_broad");
  EXPECT_EQ(judged(kKeyLimits, {}, {"2600::1-2600:0:8000::"}), "");
  EXPECT_EQ(judged(kKeyLimits, {}, {"2600::1-2600:0:8000::1"}), "0:too_broad");
  EXPECT_EQ(judged(kKeyLimits, {}, {"::/0"}), "0:too_broad");
  EXPECT_EQ(judged({20, 32, 128}, {}, {"8.8.8.8", "8.8.8.8/31", "2600::1", "2600::/127"}), "1:too_broad 3:too_broad");
  EXPECT_EQ(judged({20, 0, 0}, {}, {"0.0.0.0/0", "::/0"}), "0:very_broad 1:very_broad");
}

TEST(ListRules, DuplicatesAreFoundByCanonicalForm) {
  EXPECT_EQ(judged(kWide, {"8.8.4.0/24", "8.8.8.8"}, {"8.8.8.8/32"}), "0:duplicate_entry=102");
  EXPECT_EQ(judged(kWide, {"8.8.4.0/24"}, {"8.8.4.0-8.8.4.255"}), "0:duplicate_entry=101");
  EXPECT_EQ(judged(kWide, {"8.8.4.0/24"}, {"::ffff:8.8.4.0/120"}), "0:duplicate_entry=101");
  EXPECT_EQ(judged(kWide, {"2600::1"}, {"2600:0:0::1"}), "0:duplicate_entry=101");
  EXPECT_EQ(judged(kWide, {}, {"8.8.8.8", "9.9.9.9", "8.8.8.8", "8.8.8.8/32"}), "2:duplicate_entry 3:duplicate_entry");
  EXPECT_EQ(judged(kWide, {"8.8.8.8"}, {"8.8.8.8", "8.8.8.8"}), "0:duplicate_entry=101 1:duplicate_entry=101");
}

TEST(ListRules, ALongerListThanAllowedIsRefusedAtTheFirstThatDoesNotFit) {
  const ListLimits two{2, std::nullopt, std::nullopt};
  EXPECT_EQ(judged(two, {"8.0.0.1"}, {"8.0.0.2"}), "");
  EXPECT_EQ(judged(two, {"8.0.0.1"}, {"8.0.0.2", "8.0.0.3", "8.0.0.4"}), "1:too_many_entries");
  EXPECT_EQ(judged(two, {"8.0.0.1"}, {"8.0.0.1", "8.0.0.3"}), "0:duplicate_entry=101");  // the refused do not count
  EXPECT_EQ(judged(two, {"8.0.0.1", "8.0.0.2", "8.0.0.3"}, {"8.0.0.4"}), "0:too_many_entries");
  EXPECT_EQ(judged(two, {"8.0.0.1", "8.0.0.2", "8.0.0.3"}, {}), "");
}

TEST(ListRules, AnEntryInsideAnotherIsWarnedOfByTheNearest) {
  EXPECT_EQ(judged(kWide, {"8.0.0.0/9", "8.8.0.0/16", "8.8.8.0/24"}, {"8.8.8.8"}), "0:inside_other_entry=103");
  EXPECT_EQ(judged(kWide, {"8.8.8.0/24", "8.0.0.0/9"}, {"8.8.9.0/24"}), "0:inside_other_entry=102");
  EXPECT_EQ(judged(kWide, {"8.8.8.0-8.8.8.9"}, {"8.8.8.5-8.8.8.10"}), "");  // an overlap is not inside
  EXPECT_EQ(judged(kWide, {}, {"8.8.8.0/24", "8.8.8.8"}), "1:inside_other_entry");
  EXPECT_EQ(judged(kWide, {}, {"8.8.8.8", "8.8.8.0/24"}), "0:inside_other_entry");
  EXPECT_EQ(judged(kWide, {"2600::/40"}, {"8.8.8.8", "2600::1"}), "1:inside_other_entry=101");
}

TEST(ListRules, AnEntryThatHoldsAStandingOneIsWarnedOf) {
  EXPECT_EQ(judged(kWide, {"8.8.8.8"}, {"8.8.8.0/24"}), "0:covers_other_entry=101");
  EXPECT_EQ(judged(kWide, {"8.8.8.0", "8.8.9.0"}, {"8.8.8.0/24"}), "0:covers_other_entry=101");
  EXPECT_EQ(judged(kWide, {"8.8.8.255-8.8.9.0"}, {"8.8.8.0/24"}), "");
}

TEST(ListRules, ARefusedEntryHoldsNothing) {
  EXPECT_EQ(judged(kKeyLimits, {}, {"8.0.0.0/8", "8.8.8.8"}), "0:too_broad");
}

TEST(ListRules, WhatTheInternetNeverShowsIsWarnedOfUnlessTurnedOff) {
  EXPECT_EQ(judged(kWide, {}, {"10.0.0.1", "8.8.8.8", "fe80::1"}, NonPublicWarnings::kOn), "0:not_public 2:not_public");
  EXPECT_EQ(judged(kWide, {}, {"10.0.0.1", "8.8.8.8", "fe80::1"}, NonPublicWarnings::kOff), "");
}

TEST(ListRules, VeryBroadIsWhatAKeysListWouldRefuse) {
  EXPECT_EQ(judged(kWide, {}, {"8.0.0.0/8", "9.0.0.0/9", "2600::/32", "2601::/33"}), "0:very_broad 2:very_broad");
}

TEST(ListRules, MessagesNameTheEntries) {
  const auto report = check_additions(kWide, entries({"8.8.8.0/24"}, 101), entries({"8.8.8.8", "8.8.8.0/24"}, 0),
                                      NonPublicWarnings::kOn);
  ASSERT_EQ(report.errors.size(), 1U);
  EXPECT_EQ(report.errors[0].message, "8.8.8.0/24 is in the list already.");
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].message, "8.8.8.8/32 lies inside 8.8.8.0/24, which is in the list already.");
  const auto broad = check_additions(kKeyLimits, {}, entries({"10.0.0.0/8"}, 0), NonPublicWarnings::kOff);
  EXPECT_EQ(broad.errors[0].message,
            "10.0.0.0/8 admits 16777216 IPv4 addresses; this list accepts at most 8388608 in one entry, as many as a "
            "/9.");
}

// Random entries over 16 addresses of each family, compared with the definitions applied pair by pair.
TEST(ListRules, AgreeWithTheDefinitionsOnRandomLists) {
  std::mt19937 engine(20260301);
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  const auto random_entry = [&random](std::uint64_t id) {
    const bool v6 = random() % 2 == 0;
    const std::uint32_t a = random() % 16;
    const std::uint32_t b = a + random() % (16 - a);
    const auto at = [v6](std::uint32_t n) {
      return v6 ? IpAddress::v6(uint128{0x2600} << 112 | n) : IpAddress::v4(0x08000000 | n);
    };
    return CandidateEntry{EntryId(id), *IpRange::make(at(a), at(b))};
  };
  for (int round = 0; round < 3'000; ++round) {
    std::vector<CandidateEntry> standing;
    std::vector<CandidateEntry> added;
    for (std::size_t i = random() % 8; i > 0; --i) standing.push_back(random_entry(100 + i));
    for (std::size_t i = random() % 8; i > 0; --i) added.push_back(random_entry(0));
    const RuleReport report = check_additions(kWide, standing, added, NonPublicWarnings::kOff);

    std::vector<std::string> expected;
    std::vector<bool> twin(added.size());
    const auto note = [&expected](std::size_t i, std::string_view what) {
      expected.push_back(std::to_string(i) + std::string(what));
    };
    for (std::size_t i = 0; i < added.size(); ++i) {
      for (const auto& s : standing) twin[i] = twin[i] || s.range == added[i].range;
      for (std::size_t j = 0; j < i; ++j) twin[i] = twin[i] || added[j].range == added[i].range;
      if (twin[i]) note(i, "duplicate_entry");
    }
    for (std::size_t i = 0; i < added.size(); ++i) {
      if (twin[i]) continue;
      bool inside = false;
      bool covers = false;
      for (const auto& s : standing) inside = inside || s.range.contains(added[i].range);
      for (const auto& s : standing) covers = covers || added[i].range.contains(s.range);
      for (std::size_t j = 0; j < added.size(); ++j) {
        inside = inside || (j != i && !twin[j] && added[j].range.contains(added[i].range));
      }
      if (inside) note(i, "inside_other_entry");
      if (covers) note(i, "covers_other_entry");
    }
    std::vector<std::string> seen;
    for (const auto& error : report.errors) seen.push_back(std::to_string(error.index) + std::string(name(error.code)));
    for (const auto& w : report.warnings) {
      seen.push_back(std::to_string(w.index) + std::string(name(w.code)));
      for (const auto& s : standing) {  // whoever is named is truly there
        if (w.other != s.id) continue;
        const bool inside = w.code == EntryWarningCode::kInsideOther;
        EXPECT_TRUE(inside ? s.range.contains(added[w.index].range) : added[w.index].range.contains(s.range));
      }
    }
    ASSERT_EQ(seen, expected) << "round " << round;
  }
}

TEST(ListRules, AHundredThousandAreAddedToAMillion) {
  std::vector<CandidateEntry> standing;
  std::vector<CandidateEntry> added;
  std::mt19937 random(7);
  standing.reserve(1'000'000);
  added.reserve(100'001);
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    standing.push_back({EntryId(i + 1), IpRange::single(IpAddress::v4(i * 2'654'435'761U & ~1U))});
  }
  for (std::uint32_t i = 0; i < 100'000; ++i)
    added.push_back({EntryId(), IpRange::single(IpAddress::v4(static_cast<std::uint32_t>(random()) | 1))});
  added.push_back({EntryId(), standing[123'456].range});
  const RuleReport report = check_additions({2'000'000, {}, {}}, standing, added, NonPublicWarnings::kOn);
  EXPECT_EQ(report.errors.back().standing, EntryId(123'457));
}

}  // namespace
}  // namespace keyfence
