#include "libs/store/testing/policy_model.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keyfence::testing {
namespace {

void apply_delta(Allowlist& list, const ListDelta& delta) {
  std::map<EntryId, PolicyEntry> entries;
  if (!delta.replaces_all) {
    for (const PolicyEntry& entry : list.entries) entries.emplace(entry.id, entry);
  }
  for (const PolicyEntry& entry : delta.upserted) entries.insert_or_assign(entry.id, entry);
  for (const EntryId id : delta.removed) EXPECT_EQ(entries.erase(id), 1U) << "removes what was not there";
  list.mode = delta.mode;
  list.when_empty = delta.when_empty;
  list.entries.clear();
  for (const auto& [id, entry] : entries) list.entries.push_back(entry);
}

}  // namespace

void PolicyModel::apply(const PolicyChange& change) {
  EXPECT_EQ(change.revision.value, revision.value + 1);
  revision = change.revision;
  if (change.instance_error_style) instance.error_style = *change.instance_error_style;
  for (const AccountPolicy& account : change.accounts) {
    EXPECT_TRUE(account.allowlist.entries.empty());
    AccountPolicy& standing = accounts[account.id];
    standing.id = account.id;
    standing.state = account.state;
    standing.error_style = account.error_style;
  }
  for (const KeyDigest& digest : change.removed_digests) EXPECT_EQ(keys.erase(digest), 1U);
  for (const KeyPolicy& key : change.keys) keys.insert_or_assign(key.digest, key);
  for (const AccountId id : change.removed_accounts) EXPECT_EQ(accounts.erase(id), 1U);
  for (const ListDelta& delta : change.lists) {
    if (delta.ref.layer == Layer::kGlobal) {
      apply_delta(instance.allowlist, delta);
    } else {
      const auto account = accounts.find(AccountId(delta.ref.owner));
      if (account == accounts.end()) {
        ADD_FAILURE() << "a list of no account";
      } else {
        apply_delta(account->second.allowlist, delta);
      }
    }
  }
}

PolicyModel PolicyModel::snapshot_of(ControlStore& store) {
  PolicyModel model;
  std::size_t keys_told = 0;
  std::size_t accounts_told = 0;
  ControlStore::SnapshotSink sink;
  sink.begin = [&](Revision at, std::uint64_t epoch, std::size_t key_count, std::size_t account_count) {
    model.revision = at;
    EXPECT_EQ(epoch, store.instance()->epoch);
    keys_told = key_count;
    accounts_told = account_count;
  };
  sink.instance = [&](const InstancePolicy& policy) { model.instance = policy; };
  sink.account = [&](const AccountPolicy& policy) {
    EXPECT_TRUE(model.keys.empty()) << "accounts come before keys";
    model.accounts.emplace(policy.id, policy);
  };
  sink.key = [&](const KeyPolicy& policy) {
    EXPECT_TRUE(model.accounts.contains(policy.account));
    model.keys.emplace(policy.digest, policy);
  };
  const StoreResult<void> result = store.snapshot(sink);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(keys_told, model.keys.size());
  EXPECT_EQ(accounts_told, model.accounts.size());
  return model;
}

PolicyModel PolicyModel::fold_of(ControlStore& store) {
  PolicyModel model;
  while (true) {
    const StoreResult<std::vector<ChangeRow>> rows = store.changes(model.revision, 100);
    EXPECT_TRUE(rows.ok());
    if (!rows || rows->empty()) return model;
    for (const ChangeRow& row : *rows) {
      EXPECT_EQ(row.revision.value, model.revision.value + 1);
      EXPECT_EQ(sha256(row.body), row.sha256);
      const std::optional<PolicyChange> change = parse_body(row.body);
      EXPECT_TRUE(change.has_value()) << row.body;
      if (!change) return model;
      EXPECT_EQ(change->revision, row.revision);
      model.apply(*change);
    }
  }
}

}  // namespace keyfence::testing
