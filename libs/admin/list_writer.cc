#include "libs/admin/list_writer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "libs/admin/change.h"

namespace keyfence {

bool same_settings(const EntryRow& row, const EntryInput& input) {
  return row.text == input.text && row.label == input.label && row.state == input.state &&
         row.expires_at == input.expires_at;
}

ListEdit edit_list(std::vector<EntryRow> standing, const std::vector<EntryInput>& wanted, const Call& call) {
  std::map<IpRange, EntryRow> left;
  for (EntryRow& row : standing) left.emplace(row.range, std::move(row));
  ListEdit edit;
  for (const EntryInput& input : wanted) {
    const auto found = left.find(input.parsed.range);
    if (found == left.end()) {
      edit.changes.added.push_back(new_entry_row(input, call));
      continue;
    }
    EntryRow row = std::move(found->second);
    left.erase(found);
    ++edit.counts.kept;
    if (same_settings(row, input)) continue;
    row.text = input.text;
    row.kind = input.parsed.kind;
    row.label = input.label;
    row.state = input.state;
    row.expires_at = input.expires_at;
    edit.changes.updated.push_back(std::move(row));
  }
  edit.changes.removed.reserve(left.size());
  for (const auto& [range, row] : left) edit.changes.removed.push_back(row.id);
  edit.counts.added = edit.changes.added.size();
  edit.counts.removed = left.size();
  return edit;
}

std::vector<EntryRow> edited(std::vector<EntryRow> standing, const EntryChanges& changes) {
  std::map<EntryId, EntryRow> rows;
  for (EntryRow& row : standing) rows.emplace(row.id, std::move(row));
  for (const EntryId id : changes.removed) rows.erase(id);
  for (const EntryRow& row : changes.updated) rows.insert_or_assign(row.id, row);
  for (const EntryRow& row : changes.added) rows.insert_or_assign(row.id, row);
  std::vector<EntryRow> out;
  out.reserve(rows.size());
  for (auto& [id, row] : rows) out.push_back(std::move(row));
  return out;
}

Result<void, Problem> write_edit(Transaction& tx, ListRef ref, const ListEdit& edit) {
  const EntryChanges& changes = edit.changes;
  if (edit.counts.kept > 0 || changes.removed.empty()) {
    if (changes.removed.empty() && changes.updated.empty() && changes.added.empty()) return {};
    return checked(tx.change_entries(ref, changes));
  }
  if (auto gone = checked(tx.delete_entries(ref)); !gone || changes.added.empty()) return gone;
  return checked(tx.change_entries(ref, {.removed = {}, .updated = {}, .added = changes.added}));
}

Result<EntryCounts, Problem> write_entries(Transaction& tx, const Call& call, ListRef ref,
                                           const std::vector<EntryInput>& entries) {
  auto standing = all_entries(tx, ref);
  if (!standing) return Err{std::move(standing).error()};
  const ListEdit edit = edit_list(std::move(*standing), entries, call);
  if (auto written = write_edit(tx, ref, edit); !written) return Err{std::move(written).error()};
  return edit.counts;
}

}  // namespace keyfence
