#include "libs/admin/list_writer.h"

#include <algorithm>
#include <utility>

#include "libs/admin/change.h"

namespace keyfence {

bool same_settings(const EntryRow& row, const EntryInput& input) {
  return row.text == input.text && row.label == input.label && row.state == input.state &&
         row.expires_at == input.expires_at;
}

ListEdit edit_list(std::vector<EntryRow> standing, const std::vector<EntryInput>& wanted, const Call& call) {
  std::sort(standing.begin(), standing.end(), [](const EntryRow& a, const EntryRow& b) { return a.range < b.range; });
  std::vector<bool> met(standing.size(), false);
  ListEdit edit;
  for (const EntryInput& input : wanted) {
    const auto found = std::lower_bound(standing.begin(), standing.end(), input.parsed.range,
                                        [](const EntryRow& row, const IpRange& range) { return row.range < range; });
    const auto index = static_cast<std::size_t>(found - standing.begin());
    if (found == standing.end() || found->range != input.parsed.range || met[index]) {
      edit.changes.added.push_back(new_entry_row(input, call));
      continue;
    }
    met[index] = true;
    ++edit.counts.kept;
    if (same_settings(*found, input)) continue;
    edit.before.push_back(*found);
    EntryRow row = std::move(*found);
    row.text = input.text;
    row.kind = input.parsed.kind;
    row.label = input.label;
    row.state = input.state;
    row.expires_at = input.expires_at;
    edit.changes.updated.push_back(std::move(row));
  }
  for (std::size_t i = 0; i < standing.size(); ++i) {
    if (met[i]) continue;
    edit.changes.removed.push_back(standing[i].id);
    edit.before.push_back(std::move(standing[i]));
  }
  edit.counts.added = edit.changes.added.size();
  edit.counts.removed = edit.changes.removed.size();
  return edit;
}

ListTexts texts_of(const ListRow& before, const ListRow& after, const ListEdit& edit) {
  std::vector<EntryRow> now = edit.changes.updated;
  now.insert(now.end(), edit.changes.added.begin(), edit.changes.added.end());
  return texts_for_audit({before, edit.before}, {after, now});
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

}  // namespace keyfence
