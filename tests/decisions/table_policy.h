#pragma once

#include <map>
#include <string>
#include <vector>

#include "libs/policy/decide.h"
#include "tests/decisions/decision_table.h"

namespace keyfence::decisions {

// A table's policy as the product's values, for one "now", with a secret for each key.
struct TablePolicy {
  InstancePolicy instance;
  std::vector<AccountPolicy> accounts;
  std::vector<KeyPolicy> keys;
  std::map<std::string, std::string> secrets;  // by name of key
  std::map<std::string, KeyId> key_ids;
  std::map<std::string, AccountId> account_ids;  // by name of account
};
[[nodiscard]] TablePolicy make_policy(const DecisionTable& table, UnixSeconds now);

// What a case shows as its credential, as text.
[[nodiscard]] std::string credential_text(const Case& c, const TablePolicy& policy);

[[nodiscard]] std::vector<ScopeTag> scope_tags(const std::vector<std::string>& scopes);

}  // namespace keyfence::decisions
