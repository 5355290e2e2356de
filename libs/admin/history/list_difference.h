#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <vector>

#include "libs/admin/problem.h"
#include "libs/base/result.h"
#include "libs/store/control_store.h"

namespace keyfence {

// A list as one revision left it, with its entries in order of id.
struct PastList {
  ListRevisionRow row;
  std::vector<EntryRow> entries;
};

enum class EntriesRead : std::uint8_t { kNone, kAll };
// Errors   404 for a revision that is to come; 410 revision_forgotten for one that is no longer kept.
[[nodiscard]] Result<PastList, Problem> list_as_of(StoreReader& store, ListRef ref, Revision revision,
                                                   EntriesRead entries);

// What is different in the later one: settings, and entries added, removed and changed, told in full up to
// kDifferencesTold of each.
//
// Shape    {"from", "to", "settings": {"mode": [before, after]}, "added": [Entry], "removed": [Entry],
//          "changed": [{"before": Entry, "after": Entry}], "counts": {"added", "removed", "changed"}}
inline constexpr std::size_t kDifferencesTold = 1'000;
[[nodiscard]] boost::json::object view_difference(const PastList& before, const PastList& after);

[[nodiscard]] boost::json::object view(const ListRevisionRow& row);
[[nodiscard]] bool same_entry(const EntryRow& a, const EntryRow& b);

}  // namespace keyfence
