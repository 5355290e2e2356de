#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "libs/store/change.h"

namespace keyfence {

// What a change set has touched of the policy so far, apart from what the rows themselves tell: what stood before it,
// and how long lists differ from then.
class TouchedPolicy {
 public:
  enum class Before { kAbsent, kStanding };

  // An entry of the global or an account's list.
  struct Entry {
    Before before = Before::kStanding;
    std::optional<PolicyEntry> now;  // nullopt: removed
  };
  struct List {
    ListRow row;  // as it is to be written
    bool replaces_all = false;
    std::unordered_map<EntryId, Entry> entries;  // not for keys' lists, which are told whole
    std::size_t added = 0;                       // entries, for the list's history
    std::size_t updated = 0;
    std::size_t removed = 0;
    Revision changed_before = {};

    void put(const PolicyEntry& entry, Before before);
    void remove(EntryId id);
    void remove_all();
  };

  std::optional<ErrorStyle> instance_error_style;
  std::map<AccountId, Before> accounts;
  std::map<KeyId, std::optional<KeyDigest>> keys;  // the digest that stood before; nullopt: there was no such key
  std::map<ListRef, List> lists;

  [[nodiscard]] bool empty() const noexcept;
};

// How the list differs, entries in order of id.
[[nodiscard]] ListDelta delta_of(const TouchedPolicy::List& list);

}  // namespace keyfence
