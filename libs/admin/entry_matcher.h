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
//          after the policy's revision has moved. A long list that changes all the time is not read all the time: after
//          it was read, it stands for kPauses times as long as that took, and for a second at least. Meanwhile records
//          are attributed by it as it was.
// Errors   A list that cannot be read matches nothing.
// Threads  One: the drain's.
class EntryMatcher {
 public:
  EntryMatcher(ControlStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  static constexpr std::size_t kLongList = 10'000;
  static constexpr std::int64_t kPauses = 10;
  [[nodiscard]] MatchedEntries match(const UsageRecord& record);

 private:
  struct Known {
    Revision list_changed;     // the list's own revision when it was read
    Revision checked_against;  // the policy's revision when that was last compared
    Timestamp stands_until;    // a long list is not read again before
    MatchIndex index{{}};
  };

  [[nodiscard]] EntryId match(ListRef ref, const IpAddress& address, UnixSeconds at);
  [[nodiscard]] const MatchIndex* index_of(ListRef ref);

  [[nodiscard]] bool read(ListRef ref, Known& known);

  ControlStore& store_;
  const Clock& clock_;
  std::map<ListRef, Known> lists_;
  Revision policy_;      // as of the last look
  Timestamp looked_at_;  // when that was done
};

}  // namespace keyfence
