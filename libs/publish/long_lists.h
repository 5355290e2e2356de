#pragma once

#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "libs/store/change.h"

namespace keyfence {

// Brings a list, whose entries are in order of id, to what the delta says.
//
// Errors   false if the delta removes an entry that does not stand: it is of another revision. The list is then in any
//          state.
// Cost     A few entries cost a search each, many cost one pass over the list; the list is never copied to add to its
//          end, where new entries belong.
[[nodiscard]] bool apply_delta(Allowlist& list, const ListDelta& delta);

// What some revisions together change in an image, each object once: the last state of what is put, and what is gone.
struct ImageChange {
  bool instance = false;                   // see LongLists::instance()
  std::vector<AccountId> put_accounts;     // see LongLists::account()
  std::vector<const KeyPolicy*> put_keys;  // point into the changes
  std::vector<KeyDigest> removed_digests;
  std::vector<AccountId> removed_accounts;
  Revision revision;
};

// The policy but for its keys, as the last change left it: lists that are too long to be told whole with every change.
class LongLists {
 public:
  void clear();
  void put(const InstancePolicy& instance) { instance_ = instance; }
  void put(const AccountPolicy& account) { accounts_.insert_or_assign(account.id, account); }

  // Takes in some changes, in order. nullopt if one of them does not fit what stands; take a new snapshot then.
  [[nodiscard]] std::optional<ImageChange> apply(std::span<const PolicyChange> changes);

  [[nodiscard]] const InstancePolicy& instance() const noexcept { return instance_; }
  [[nodiscard]] const AccountPolicy& account(AccountId id) const { return accounts_.at(id); }

 private:
  struct Touched;
  [[nodiscard]] bool apply_one(const PolicyChange& change, Touched& touched);
  void apply_accounts(const PolicyChange& change, Touched& touched);
  [[nodiscard]] bool apply_lists(const PolicyChange& change, Touched& touched);

  InstancePolicy instance_;
  std::unordered_map<AccountId, AccountPolicy> accounts_;
};

}  // namespace keyfence
