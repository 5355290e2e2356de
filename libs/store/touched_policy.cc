#include "libs/store/touched_policy.h"

#include <algorithm>

namespace keyfence {

void TouchedPolicy::List::put(const PolicyEntry& entry, Before before) {
  if (row.ref.layer == Layer::kKey) return;
  entries.try_emplace(entry.id, Entry{before, std::nullopt}).first->second.now = entry;
}

void TouchedPolicy::List::remove(EntryId id) {
  if (row.ref.layer == Layer::kKey) return;
  const auto [position, inserted] = entries.try_emplace(id);
  if (position->second.before == Before::kAbsent) {
    entries.erase(position);
  } else {
    position->second.now.reset();
  }
}

void TouchedPolicy::List::remove_all() {
  replaces_all = true;
  entries.clear();
}

bool TouchedPolicy::empty() const noexcept {
  return !instance_error_style && accounts.empty() && keys.empty() && lists.empty();
}

ListDelta delta_of(const TouchedPolicy::List& list) {
  ListDelta delta;
  delta.ref = list.row.ref;
  delta.mode = list.row.mode;
  delta.when_empty = list.row.when_empty;
  delta.replaces_all = list.replaces_all;
  for (const auto& [id, entry] : list.entries) {
    if (entry.now) {
      delta.upserted.push_back(*entry.now);
    } else if (!list.replaces_all) {
      delta.removed.push_back(id);
    }
  }
  std::sort(delta.upserted.begin(), delta.upserted.end(),
            [](const PolicyEntry& a, const PolicyEntry& b) { return a.id < b.id; });
  std::sort(delta.removed.begin(), delta.removed.end());
  return delta;
}

}  // namespace keyfence
