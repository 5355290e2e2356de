#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libs/admin/call.h"
#include "libs/net/entry_syntax.h"
#include "libs/policy/list_rules.h"
#include "libs/store/rows.h"

// Entries of an allowlist as they come in: read, judged, made into rows.
namespace keyfence {

// Beyond this many standing entries, adding one compares it with those that the store finds round it.
inline constexpr std::size_t kComparedEntriesMax = 256;

struct EntryInput {
  std::string pointer;  // where in the body it stands
  std::string text;     // trimmed
  ParsedEntry parsed;
  std::string label;
  EntryState state = EntryState::kEnabled;
  std::optional<UnixSeconds> expires_at;
};

[[nodiscard]] std::string trim_entry_text(std::string_view text);
[[nodiscard]] FieldError field_error(std::string pointer, EntryError error);
[[nodiscard]] FieldError label_error(std::string pointer, EntryRuleCode code);

std::optional<EntryInput> read_entry(const boost::json::value& value, std::string pointer,
                                     std::vector<FieldError>& errors);
// The entries of an array, which are to be a list's only ones; wrong ones are reported and left out, and of an array
// that is longer than the list may be nothing is read.
std::vector<EntryInput> read_entries(const boost::json::array& array, const std::string& pointer,
                                     std::size_t entries_max, std::vector<FieldError>& errors);

[[nodiscard]] EntryRow new_entry_row(const EntryInput& input, const Call& call);
[[nodiscard]] const ListLimits& limits_of(const InstanceRow& instance, Layer layer) noexcept;

// The standing entries of a list as the rules compare them.
[[nodiscard]] Result<std::vector<CandidateEntry>, Problem> standing_entries(StoreReader& store, const ListRow& list);
// The standing entries that one more is to be compared with: all of a short list, those round it of a long one.
[[nodiscard]] Result<std::vector<CandidateEntry>, Problem> entries_round(StoreReader& store, const ListRow& list,
                                                                         const IpRange& range);
// Every entry of a list.
[[nodiscard]] Result<std::vector<EntryRow>, Problem> all_entries(StoreReader& store, ListRef ref);

struct Judgement {
  std::vector<FieldError> errors;
  std::vector<EntryWarning> warnings;
};
// check_additions() for a list that holds standing_count entries, of which standing are compared.
[[nodiscard]] RuleReport check_list_additions(const InstanceRow& instance, Layer layer,
                                              const std::vector<CandidateEntry>& standing, std::size_t standing_count,
                                              const std::vector<CandidateEntry>& added);
// Judges adding these to such a list.
[[nodiscard]] Judgement judge_additions(const InstanceRow& instance, Layer layer,
                                        const std::vector<CandidateEntry>& standing, std::size_t standing_count,
                                        const std::vector<EntryInput>& added);

// Entries that are to be a list's only ones, judged by the settings as of this revision. Nothing that stands plays a
// part, so that it is done before the writer is waited for, and again only where the settings have changed since.
struct JudgedList {
  Revision settings;
  Judgement judgement;
};
[[nodiscard]] Result<JudgedList, Problem> judge_list(const InstanceRow& instance, Layer layer,
                                                     const std::vector<EntryInput>& entries);
[[nodiscard]] Result<void, Problem> judge_again(Transaction& tx, Layer layer, const std::vector<EntryInput>& entries,
                                                JudgedList& judged);

// Warns of entries that hold a proxy which this daemon trusts to name clients: whoever it stands for is let in where
// the proxy names none, and a proxy is rarely a client.
void warn_of_proxies(const Call& call, const std::vector<EntryInput>& added, Judgement& judgement);
[[nodiscard]] std::optional<EntryWarning> proxy_warning(const Call& call, std::size_t index, const IpRange& range);

[[nodiscard]] boost::json::object view(const EntryWarning& warning);
// With the pointer of the entry that each warning is about.
[[nodiscard]] boost::json::array view(const std::vector<EntryWarning>& warnings, const std::vector<EntryInput>& added);

}  // namespace keyfence
