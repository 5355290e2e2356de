// Import texts: lines are numbered and trimmed, and what the rules of a list say of the entries in them agrees with the
// definitions applied pair by pair.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/assert.h"
#include "libs/policy/list_rules.h"

namespace {

using keyfence::CandidateEntry;
using keyfence::EntryRuleCode;
using keyfence::EntryWarningCode;

bool is_trimmed(std::string_view text) {
  if (text.empty()) return true;
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  return !is_blank(text.front()) && !is_blank(text.back());
}

std::vector<CandidateEntry> entries_of(std::string_view text) {
  std::vector<CandidateEntry> out;
  std::size_t last_number = 0;
  for (const keyfence::ImportLine& line : keyfence::split_import(text)) {
    KF_ASSERT(line.number > last_number);
    last_number = line.number;
    KF_ASSERT(is_trimmed(line.entry) && is_trimmed(line.label));
    KF_ASSERT(line.entry.find_first_of("\r\n") == std::string::npos);
    KF_ASSERT(!line.entry.empty() || !line.label.empty());
    (void)keyfence::check_label(line.label);
    const auto entry = keyfence::parse_entry(line.entry);
    if (entry && out.size() < 48) out.push_back({keyfence::EntryId(), entry->range});
  }
  KF_ASSERT(last_number <= text.size() + 1);
  return out;
}

// Every third entry stands; the others are added.
void check_rules(const std::vector<CandidateEntry>& entries) {
  std::vector<CandidateEntry> standing;
  std::vector<CandidateEntry> added;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i % 3 == 0) {
      standing.push_back({keyfence::EntryId(i + 1), entries[i].range});
    } else {
      added.push_back(entries[i]);
    }
  }
  const auto report =
      check_additions({1'000, std::nullopt, std::nullopt}, standing, added, keyfence::NonPublicWarnings::kOn);
  const auto in = [](const std::vector<CandidateEntry>& list, std::size_t count, const auto& condition) {
    return std::any_of(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(count), condition);
  };
  for (std::size_t i = 0; i < added.size(); ++i) {
    const auto equals = [&](const CandidateEntry& other) { return other.range == added[i].range; };
    const bool is_twin = in(standing, standing.size(), equals) || in(added, i, equals);
    const bool refused = std::any_of(report.errors.begin(), report.errors.end(), [i](const auto& error) {
      return error.index == i && error.code == EntryRuleCode::kDuplicate;
    });
    KF_ASSERT(refused == is_twin);
    const auto warned = [&](EntryWarningCode code) {
      return std::any_of(report.warnings.begin(), report.warnings.end(),
                         [&](const auto& warning) { return warning.index == i && warning.code == code; });
    };
    const auto holds = [&](const CandidateEntry& other) {
      return other.range != added[i].range && other.range.contains(added[i].range);
    };
    const bool inside = in(standing, standing.size(), holds) || in(added, added.size(), holds);
    KF_ASSERT(warned(EntryWarningCode::kInsideOther) == (inside && !is_twin));
    const auto is_held = [&](const CandidateEntry& other) { return added[i].range.contains(other.range); };
    KF_ASSERT(warned(EntryWarningCode::kCoversOther) == (in(standing, standing.size(), is_held) && !is_twin));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_rules(entries_of(text));
  return 0;
}
