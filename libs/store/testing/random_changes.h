#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "libs/store/testing/policy_model.h"

namespace keyfence::testing {

// Makes random change sets on a store, some of which fail halfway, and keeps what the store should hold by then.
class RandomChanges {
 public:
  explicit RandomChanges(std::uint32_t seed) : random_(seed) {}

  void step(ControlStore& store);  // one change set of one to six row functions
  [[nodiscard]] const PolicyModel& expected() const noexcept { return world_.policy; }

 private:
  struct World {
    PolicyModel policy;
    std::map<KeyId, KeyRow> keys;
    std::map<AccountId, AccountRow> accounts;
    std::map<ListRef, std::map<EntryId, EntryRow>> entries;
  };

  [[nodiscard]] std::uint32_t below(std::size_t bound);
  [[nodiscard]] AccountId any_account();
  [[nodiscard]] KeyId any_key();
  [[nodiscard]] ListRef any_list();
  [[nodiscard]] EntryRow any_new_entry();
  [[nodiscard]] Allowlist& policy_of(ListRef ref);
  void copy_entries(ListRef ref);

  void act(Transaction& transaction);
  void act_on_accounts(Transaction& transaction);
  void act_on_keys(Transaction& transaction);
  void act_on_lists(Transaction& transaction);
  void act_on_entries(Transaction& transaction);

  std::mt19937 random_;
  World world_;
};

}  // namespace keyfence::testing
