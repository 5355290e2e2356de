#include "libs/admin/list_writer.h"

#include <map>
#include <utility>

#include "libs/admin/change.h"

namespace keyfence {

bool same_settings(const EntryRow& row, const EntryInput& input) {
  return row.text == input.text && row.label == input.label && row.state == input.state &&
         row.expires_at == input.expires_at;
}

Result<EntryCounts, Problem> write_entries(Transaction& tx, const Call& call, ListRef ref,
                                           const std::vector<EntryInput>& entries) {
  auto standing = all_entries(tx, ref);
  if (!standing) return Err{std::move(standing).error()};
  std::map<IpRange, EntryRow> left;
  for (EntryRow& row : *standing) left.emplace(row.range, std::move(row));
  EntryCounts counts;
  std::vector<const EntryInput*> fresh;
  for (const EntryInput& input : entries) {
    const auto found = left.find(input.parsed.range);
    if (found == left.end()) {
      fresh.push_back(&input);
      continue;
    }
    EntryRow row = std::move(found->second);
    left.erase(found);
    ++counts.kept;
    if (same_settings(row, input)) continue;
    row.text = input.text;
    row.kind = input.parsed.kind;
    row.label = input.label;
    row.state = input.state;
    row.expires_at = input.expires_at;
    if (auto updated = checked(tx.update_entry(ref, row)); !updated) return Err{std::move(updated).error()};
  }
  counts.removed = left.size();
  if (counts.kept == 0 && counts.removed > 0) {
    if (auto gone = checked(tx.delete_entries(ref)); !gone) return Err{std::move(gone).error()};
  } else {
    for (const auto& [range, row] : left) {
      if (auto gone = checked(tx.delete_entry(ref, row.id)); !gone) return Err{std::move(gone).error()};
    }
  }
  for (const EntryInput* input : fresh) {
    auto added = checked(tx.insert_entry(ref, new_entry_row(*input, call)));
    if (!added) return Err{std::move(added).error()};
  }
  counts.added = fresh.size();
  return counts;
}

}  // namespace keyfence
