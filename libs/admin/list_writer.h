#pragma once

#include <vector>

#include "libs/admin/entries.h"

namespace keyfence {

struct EntryCounts {
  std::size_t added = 0;
  std::size_t kept = 0;
  std::size_t removed = 0;
};

// Whether what stands is what is wanted, for entries of one range.
[[nodiscard]] bool same_settings(const EntryRow& row, const EntryInput& input);

// What makes a list of standing entries one of the wanted ones; what has the same canonical form keeps its id.
struct ListEdit {
  EntryChanges changes;
  EntryCounts counts;
};
[[nodiscard]] ListEdit edit_list(std::vector<EntryRow> standing, const std::vector<EntryInput>& wanted,
                                 const Call& call);
// The entries as they stand after it, in order of id.
[[nodiscard]] std::vector<EntryRow> edited(std::vector<EntryRow> standing, const EntryChanges& changes);
// Into the list whose entries it was made for.
[[nodiscard]] Result<void, Problem> write_edit(Transaction& tx, ListRef ref, const ListEdit& edit);

// All of it: writes the entries over those that stand.
[[nodiscard]] Result<EntryCounts, Problem> write_entries(Transaction& tx, const Call& call, ListRef ref,
                                                         const std::vector<EntryInput>& entries);

}  // namespace keyfence
