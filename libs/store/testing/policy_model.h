#pragma once

#include <map>

#include "libs/store/control_store.h"

namespace keyfence::testing {

// The whole policy as plain values: what a change feed folds into, and what a snapshot must equal.
struct PolicyModel {
  Revision revision;
  InstancePolicy instance{ErrorStyle::kEnvelope, {ListMode::kEnforce, WhenEmpty::kAllow, {}}};
  std::map<AccountId, AccountPolicy> accounts;
  std::map<KeyDigest, KeyPolicy> keys;

  // The one way in which changes are meant. Reports a test failure where a change does not fit.
  void apply(const PolicyChange& change);

  [[nodiscard]] static PolicyModel snapshot_of(ControlStore& store);
  // From an empty store on; the feed must not have been pruned. Checks contiguity, hashes and canonical bodies.
  [[nodiscard]] static PolicyModel fold_of(ControlStore& store);

  friend bool operator==(const PolicyModel&, const PolicyModel&) = default;
};

}  // namespace keyfence::testing
