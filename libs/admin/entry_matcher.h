#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "libs/policy/match_index.h"
#include "libs/store/control_store.h"
#include "libs/usage/usage_store.h"

namespace keyfence {

// Tells the drain which entries admitted a record's address: of the global list, the account's and the key's.
//
// Shape    Keeps an index of each list that it was asked about, and asks the store whether the list has changed only
//          after the policy's revision has moved.
// Errors   A list that cannot be read matches nothing.
// Threads  One: the drain's.
class EntryMatcher {
 public:
  explicit EntryMatcher(ControlStore& store) : store_(store) {}

  [[nodiscard]] MatchedEntries match(const UsageRecord& record);

 private:
  struct Known {
    Revision list_changed;     // the list's own revision when it was read
    Revision checked_against;  // the policy's revision when that was last compared
    MatchIndex index{{}};
  };

  [[nodiscard]] EntryId match(ListRef ref, const IpAddress& address, UnixSeconds at);
  [[nodiscard]] const MatchIndex* index_of(ListRef ref);

  ControlStore& store_;
  std::map<ListRef, Known> lists_;
  Revision policy_;             // as of the last look
  std::int64_t looked_at_ = 0;  // microseconds
};

}  // namespace keyfence
