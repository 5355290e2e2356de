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

// Writes the entries over those that stand; what has the same canonical form keeps its id.
[[nodiscard]] Result<EntryCounts, Problem> write_entries(Transaction& tx, const Call& call, ListRef ref,
                                                         const std::vector<EntryInput>& entries);

}  // namespace keyfence
