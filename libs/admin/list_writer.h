#pragma once

#include <vector>

#include "libs/admin/entries.h"
#include "libs/admin/list_target.h"

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
  std::vector<EntryRow> before;  // those that are removed or updated, as they stand
  EntryCounts counts;
};
[[nodiscard]] ListEdit edit_list(std::vector<EntryRow> standing, const std::vector<EntryInput>& wanted,
                                 const Call& call);
// Into the list whose entries it was made for.
[[nodiscard]] Result<void, Problem> write_edit(Transaction& tx, ListRef ref, const ListEdit& edit);
// The entries that it touches, for the audit log: the list as it stands, and as it will.
[[nodiscard]] ListTexts texts_of(const ListRow& before, const ListRow& after, const ListEdit& edit);

}  // namespace keyfence
