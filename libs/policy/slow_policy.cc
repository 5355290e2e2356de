#include "libs/policy/slow_policy.h"

#include <algorithm>
#include <utility>

namespace keyfence {

static_assert(PolicySource<SlowPolicy>);

SlowPolicy::SlowPolicy(Revision revision, InstancePolicy instance, std::vector<AccountPolicy> accounts,
                       std::vector<KeyPolicy> keys)
    : revision_(revision), instance_(std::move(instance)), accounts_(std::move(accounts)), keys_(std::move(keys)) {}

SlowPolicy::KeyRef SlowPolicy::find_key(const KeyDigest& digest) const noexcept {
  for (const KeyPolicy& key : keys_) {
    if (key.digest == digest) return &key;
  }
  return nullptr;
}

const AccountPolicy* SlowPolicy::account_of(KeyRef key) const noexcept {
  for (const AccountPolicy& account : accounts_) {
    if (account.id == key->account) return &account;
  }
  return nullptr;
}

KeyFacts SlowPolicy::facts(KeyRef key) const noexcept {
  KeyFacts facts;
  facts.id = key->id;
  facts.account = key->account;
  facts.state = key->state;
  facts.error_style = instance_.error_style;
  if (key->expires_at) facts.expires_at = *key->expires_at;
  if (const AccountPolicy* account = account_of(key)) {
    facts.account_state = account->state;
    if (account->error_style) facts.error_style = *account->error_style;
  }
  return facts;
}

bool SlowPolicy::has_scopes(KeyRef key, std::span<const ScopeTag> required) const noexcept {
  return std::all_of(required.begin(), required.end(), [key](ScopeTag tag) {
    return std::any_of(key->scopes.begin(), key->scopes.end(),
                       [tag](const std::string& scope) { return scope_tag(scope) == tag; });
  });
}

ListVerdict SlowPolicy::global_verdict(const std::optional<IpAddress>& address, UnixSeconds now) const noexcept {
  return list_verdict(instance_.allowlist, address, now);
}

ListVerdict SlowPolicy::account_verdict(KeyRef key, const std::optional<IpAddress>& address,
                                        UnixSeconds now) const noexcept {
  const AccountPolicy* account = account_of(key);
  if (account == nullptr) return {};  // a key of no account: deny
  return list_verdict(account->allowlist, address, now);
}

ListVerdict SlowPolicy::key_verdict(KeyRef key, const std::optional<IpAddress>& address,
                                    UnixSeconds now) const noexcept {
  return list_verdict(key->allowlist, address, now);
}

ListVerdict list_verdict(const Allowlist& list, const std::optional<IpAddress>& address, UnixSeconds now) noexcept {
  ListVerdict verdict;
  verdict.mode = list.mode;
  verdict.has_entries = !list.entries.empty();
  if (list.entries.empty()) {
    verdict.admits = list.when_empty == WhenEmpty::kAllow;
  } else {
    verdict.admits = address && matching_entry(list, *address, now) != nullptr;
  }
  return verdict;
}

const PolicyEntry* matching_entry(const Allowlist& list, const IpAddress& address, UnixSeconds now) noexcept {
  const PolicyEntry* best = nullptr;
  for (const PolicyEntry& entry : list.entries) {
    if (!entry.usable(now) || !entry.range.contains(address)) continue;
    if (best == nullptr ||
        std::pair(entry.range.count_minus_one(), entry.id) < std::pair(best->range.count_minus_one(), best->id)) {
      best = &entry;
    }
  }
  return best;
}

}  // namespace keyfence
