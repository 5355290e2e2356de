#include "libs/store/testing/random_changes.h"

#include <gtest/gtest.h>

#include <iterator>

#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

template <class Map>
auto nth(Map& map, std::size_t index) {
  return std::next(map.begin(), static_cast<std::ptrdiff_t>(index));
}

KeyPolicy policy_of_row(const KeyRow& row) {
  KeyPolicy policy;
  policy.id = row.id;
  policy.account = row.account;
  policy.digest = row.digest;
  policy.state = row.state;
  policy.expires_at = row.expires_at;
  policy.scopes = row.scopes;
  policy.allowlist = {ListMode::kEnforce, WhenEmpty::kAllow, {}};
  return policy;
}

}  // namespace

std::uint32_t RandomChanges::below(std::size_t bound) {
  return std::uniform_int_distribution<std::uint32_t>(0, static_cast<std::uint32_t>(bound) - 1)(random_);
}

AccountId RandomChanges::any_account() {
  return nth(world_.accounts, below(world_.accounts.size()))->first;
}
KeyId RandomChanges::any_key() {
  return nth(world_.keys, below(world_.keys.size()))->first;
}

ListRef RandomChanges::any_list() {
  switch (below(4)) {
    case 0:
      return ListRef::global();
    case 1:
      if (!world_.accounts.empty()) return ListRef::of(any_account());
      return ListRef::global();
    default:
      if (!world_.keys.empty()) return ListRef::of(any_key());
      return ListRef::global();
  }
}

Allowlist& RandomChanges::policy_of(ListRef ref) {
  if (ref.layer == Layer::kGlobal) return world_.policy.instance.allowlist;
  if (ref.layer == Layer::kAccount) return world_.policy.accounts.at(AccountId(ref.owner)).allowlist;
  return world_.policy.keys.at(world_.keys.at(KeyId(ref.owner)).digest).allowlist;
}

void RandomChanges::copy_entries(ListRef ref) {
  Allowlist& list = policy_of(ref);
  list.entries.clear();
  for (const auto& [id, row] : world_.entries[ref]) list.entries.push_back({id, row.range, row.state, row.expires_at});
}

// From few addresses, so that duplicates, and hits in tests of decisions, are common.
EntryRow RandomChanges::any_new_entry() {
  static constexpr const char* kTexts[] = {
      "10.0.0.0/24",    "10.0.0.7",    "10.0.0.16/28",  "10.0.1.5-10.0.2.9",        "10.0.0.0/8", "203.0.113.9",
      "203.0.113.0/24", "2001:db8::1", "2001:db8::/48", "2001:db8::5-2001:db8::50", "fe80::/10",  "198.51.100.3",
      "0.0.0.0/0",      "::/0"};
  EntryRow row = new_entry(kTexts[below(std::size(kTexts))]);
  row.state = below(5) == 0 ? EntryState::kDisabled : EntryState::kEnabled;
  if (below(4) == 0) row.expires_at = UnixSeconds{1'000 + below(1'000)};
  return row;
}

void RandomChanges::step(ControlStore& store) {
  World before = world_;
  const bool fails = below(8) == 0;
  const std::mt19937 random_before = random_;
  std::uint64_t touched = 0;
  const StoreResult<Committed> result = store.transact([&](Transaction& transaction) -> StoreResult<void> {
    world_ = before;  // the work may be run again
    random_ = random_before;
    const std::uint32_t actions = 1 + below(6);
    for (std::uint32_t i = 0; i < actions; ++i) act(transaction);
    ++touched;
    transaction.audit_line(new_audit_line("test.step", "instance"));
    if (fails) return Err{StoreError{StoreError::Code::kPrecondition, "thought better of it", ""}};
    return {};
  });
  if (fails) {
    EXPECT_FALSE(result.ok());
    world_ = std::move(before);
    return;
  }
  ASSERT_TRUE(result.ok()) << result.error().message << ": " << result.error().detail;
  if (result->policy_changed) {
    EXPECT_EQ(result->revision.value, before.policy.revision.value + 1);
  } else {
    EXPECT_EQ(result->revision, before.policy.revision);
    EXPECT_EQ(world_.policy, before.policy) << "a changed policy takes a revision";
  }
  world_.policy.revision = result->revision;
}

void RandomChanges::act(Transaction& transaction) {
  const std::uint32_t kind = below(20);
  if (kind < 3) {
    act_on_accounts(transaction);
  } else if (kind < 8) {
    act_on_keys(transaction);
  } else if (kind < 10) {
    act_on_lists(transaction);
  } else {
    act_on_entries(transaction);
  }
}

void RandomChanges::act_on_accounts(Transaction& transaction) {
  const std::uint32_t kind = world_.accounts.empty() ? 0 : below(6);
  if (kind < 2) {
    const AccountRow row = new_account("account " + std::to_string(below(1'000'000'000)));
    ASSERT_TRUE(transaction.insert_account(row).ok());
    world_.accounts.emplace(row.id, row);
    world_.policy.accounts.emplace(
        row.id, AccountPolicy{row.id, row.state, row.error_style, {ListMode::kEnforce, WhenEmpty::kAllow, {}}});
  } else if (kind < 5) {
    AccountRow& row = world_.accounts.at(any_account());
    row.state = below(2) == 0 ? AccountState::kSuspended : AccountState::kActive;
    if (below(2) == 0) row.error_style = ErrorStyle::kFlat;
    ASSERT_TRUE(transaction.update_account(row).ok());
    AccountPolicy& policy = world_.policy.accounts.at(row.id);
    policy.state = row.state;
    policy.error_style = row.error_style;
  } else if (below(3) == 0) {
    const AccountId id = any_account();
    ASSERT_TRUE(transaction.delete_account(id).ok());
    world_.accounts.erase(id);
    world_.policy.accounts.erase(id);
    world_.entries.erase(ListRef::of(id));
    std::erase_if(world_.keys, [&](const auto& key) {
      if (key.second.account != id) return false;
      world_.entries.erase(ListRef::of(key.first));
      return true;
    });
    std::erase_if(world_.policy.keys, [&](const auto& key) { return key.second.account == id; });
  }
}

void RandomChanges::act_on_keys(Transaction& transaction) {
  if (world_.accounts.empty()) return;
  const std::uint32_t kind = world_.keys.empty() ? 0 : below(6);
  if (kind < 2) {
    KeyRow row = new_key(any_account(), "key " + std::to_string(below(1'000)));
    if (below(3) == 0) row.expires_at = UnixSeconds{1'000 + below(1'000)};
    ASSERT_TRUE(transaction.insert_key(row).ok());
    world_.keys.emplace(row.id, row);
    world_.policy.keys.emplace(row.digest, policy_of_row(row));
  } else if (kind < 5) {
    KeyRow& row = world_.keys.at(any_key());
    KeyPolicy policy = world_.policy.keys.at(row.digest);
    world_.policy.keys.erase(row.digest);
    if (below(3) == 0) row.digest = new_digest();
    row.state = static_cast<KeyState>(below(3));
    row.name = "renamed " + std::to_string(below(1'000));
    row.scopes = below(2) == 0 ? std::vector<std::string>{} : std::vector<std::string>{"a:b", "c:*"};
    ASSERT_TRUE(transaction.update_key(row).ok());
    policy.digest = row.digest;
    policy.state = row.state;
    policy.scopes = row.scopes;
    world_.policy.keys.emplace(row.digest, std::move(policy));
  } else {
    const KeyId id = any_key();
    ASSERT_TRUE(transaction.delete_key(id).ok());
    world_.policy.keys.erase(world_.keys.at(id).digest);
    world_.keys.erase(id);
    world_.entries.erase(ListRef::of(id));
  }
}

void RandomChanges::act_on_lists(Transaction& transaction) {
  if (below(4) == 0) {
    InstanceRow row = transaction.instance().value();
    row.error_style = static_cast<ErrorStyle>(below(3));
    ASSERT_TRUE(transaction.update_instance(row).ok());
    world_.policy.instance.error_style = row.error_style;
    return;
  }
  const ListRef ref = any_list();
  Allowlist& list = policy_of(ref);
  list.mode = static_cast<ListMode>(below(3));
  list.when_empty = static_cast<WhenEmpty>(below(2));
  ASSERT_TRUE(transaction.update_list(ref, list.mode, list.when_empty).ok());
}

void RandomChanges::act_on_entries(Transaction& transaction) {
  const ListRef ref = any_list();
  std::map<EntryId, EntryRow>& entries = world_.entries[ref];
  const std::uint32_t kind = entries.empty() ? 0 : below(10);
  if (kind < 6) {
    const EntryRow row = any_new_entry();
    const bool stands =
        std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.second.range == row.range; });
    const StoreResult<void> inserted = transaction.insert_entry(ref, row);
    ASSERT_EQ(inserted.ok(), !stands);
    if (stands) {
      ASSERT_EQ(inserted.error().code, StoreError::Code::kDuplicate);
    } else {
      entries.emplace(row.id, row);
    }
  } else if (kind < 8) {
    EntryRow& row = nth(entries, below(entries.size()))->second;
    row.state = below(2) == 0 ? EntryState::kDisabled : EntryState::kEnabled;
    row.label = "moved";
    ASSERT_TRUE(transaction.update_entry(ref, row).ok());
  } else if (kind < 9) {
    const EntryId id = nth(entries, below(entries.size()))->first;
    ASSERT_TRUE(transaction.delete_entry(ref, id).ok());
    entries.erase(id);
  } else {
    ASSERT_TRUE(transaction.delete_entries(ref).ok());
    entries.clear();
  }
  copy_entries(ref);
}

}  // namespace keyfence::testing
