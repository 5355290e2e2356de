#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/net/entry_syntax.h"
#include "libs/policy/ids.h"
#include "libs/policy/reason.h"

namespace keyfence {

inline constexpr std::size_t kLabelCharactersMax = 100;
inline constexpr std::size_t kImportLinesMax = 100'000;
inline constexpr std::size_t kImportLinesAdvised = 500;

// What a list accepts. Floors are prefix lengths: an entry that admits more than a block of that length is refused.
struct ListLimits {
  std::size_t entries_max = 0;
  std::optional<int> floor_v4;  // 9: at most 2^23 addresses
  std::optional<int> floor_v6;  // 33: at most 2^95 addresses
  friend bool operator==(const ListLimits&, const ListLimits&) = default;
};
[[nodiscard]] ListLimits default_limits(Layer layer) noexcept;  // key 20 /9 /33; account 1,000; global 1,000,000

// An entry as the rules see it: those that stand, and those that are to be added.
struct CandidateEntry {
  EntryId id;
  IpRange range;
};

enum class EntryRuleCode : std::uint8_t { kTooBroad, kDuplicate, kTooMany, kLabelTooLong, kLabelNotText };
[[nodiscard]] std::string_view name(
    EntryRuleCode code) noexcept;  // "too_broad", "duplicate_entry", "too_many_entries", ...

enum class EntryWarningCode : std::uint8_t { kInsideOther, kCoversOther, kNotPublic, kVeryBroad, kTrustedProxy };
[[nodiscard]] std::string_view name(EntryWarningCode code) noexcept;  // "inside_other_entry", "not_public", ...

struct EntryRuleError {
  std::size_t index;  // which of the added ones
  EntryRuleCode code;
  std::string message;
  std::optional<EntryId> standing;  // kDuplicate: the entry that stands (nullopt: an earlier line of the same request)
};
struct EntryWarning {
  std::size_t index;
  EntryWarningCode code;
  std::string message;
  std::optional<EntryId> other;
};
struct RuleReport {
  std::vector<EntryRuleError> errors;
  std::vector<EntryWarning> warnings;
};

enum class NonPublicWarnings : std::uint8_t { kOff, kOn };

// Judges adding entries to those that stand: breadth, duplicates, number; then what is worth a warning.
// Cost     O((n + m) log(n + m)).
[[nodiscard]] RuleReport check_additions(const ListLimits& limits, const std::vector<CandidateEntry>& standing,
                                         const std::vector<CandidateEntry>& added, NonPublicWarnings non_public);

// A label: at most kLabelCharactersMax Unicode characters of valid UTF-8, no control characters.
[[nodiscard]] std::optional<EntryRuleCode> check_label(std::string_view label) noexcept;

// One line of an import: "entry", "entry, label", blank or "# comment". Tolerates a UTF-8 BOM, CRLF, tabs and
// non-breaking spaces round the parts, and a spreadsheet's double quotes round a field.
struct ImportLine {
  std::size_t number;  // from 1
  std::string entry;   // trimmed
  std::string label;   // trimmed, unquoted; empty if none
};
// The lines that hold something, in order.
[[nodiscard]] std::vector<ImportLine> split_import(std::string_view text);

}  // namespace keyfence
