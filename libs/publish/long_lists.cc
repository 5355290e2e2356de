#include "libs/publish/long_lists.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace keyfence {
namespace {

constexpr std::size_t kFew = 8;

bool by_id(const PolicyEntry& a, const PolicyEntry& b) noexcept {
  return a.id < b.id;
}

auto find_place(std::vector<PolicyEntry>& entries, EntryId id) {
  return std::lower_bound(entries.begin(), entries.end(), id,
                          [](const PolicyEntry& entry, EntryId wanted) { return entry.id < wanted; });
}

bool remove_few(std::vector<PolicyEntry>& entries, const std::vector<EntryId>& removed) {
  for (const EntryId id : removed) {
    const auto place = find_place(entries, id);
    if (place == entries.end() || place->id != id) return false;
    entries.erase(place);
  }
  return true;
}

bool remove_many(std::vector<PolicyEntry>& entries, const std::vector<EntryId>& removed) {
  const std::unordered_set<EntryId> gone(removed.begin(), removed.end());
  return std::erase_if(entries, [&](const PolicyEntry& entry) { return gone.contains(entry.id); }) == removed.size();
}

void put_few(std::vector<PolicyEntry>& entries, const std::vector<PolicyEntry>& upserted) {
  for (const PolicyEntry& entry : upserted) {
    const auto place = find_place(entries, entry.id);
    if (place != entries.end() && place->id == entry.id) {
      *place = entry;
    } else {
      entries.insert(place, entry);
    }
  }
}

void put_many(std::vector<PolicyEntry>& entries, const std::vector<PolicyEntry>& upserted) {
  std::vector<PolicyEntry> merged;
  merged.reserve(entries.size() + upserted.size());
  // Of two with one id set_union takes that of the first range.
  std::set_union(upserted.begin(), upserted.end(), entries.begin(), entries.end(), std::back_inserter(merged), by_id);
  entries = std::move(merged);
}

}  // namespace

bool apply_delta(Allowlist& list, const ListDelta& delta) {
  list.mode = delta.mode;
  list.when_empty = delta.when_empty;
  std::vector<PolicyEntry>& entries = list.entries;
  if (delta.replaces_all) {
    entries = delta.upserted;
    return delta.removed.empty();
  }
  if (!(delta.removed.size() <= kFew ? remove_few(entries, delta.removed) : remove_many(entries, delta.removed))) {
    return false;
  }
  if (delta.upserted.empty()) return true;
  if (entries.empty() || entries.back().id < delta.upserted.front().id) {
    entries.insert(entries.end(), delta.upserted.begin(), delta.upserted.end());
  } else if (delta.upserted.size() <= kFew) {
    put_few(entries, delta.upserted);
  } else {
    put_many(entries, delta.upserted);
  }
  return true;
}

struct LongLists::Touched {
  bool instance = false;
  std::set<AccountId> put_accounts;
  std::set<AccountId> fresh_accounts;  // put by these changes; the image does not know them
  std::set<AccountId> removed_accounts;
  std::map<KeyDigest, const KeyPolicy*> keys;  // nullptr: removed
};

void LongLists::clear() {
  instance_ = {};
  accounts_.clear();
}

std::optional<ImageChange> LongLists::apply(std::span<const PolicyChange> changes) {
  Touched touched;
  ImageChange result;
  for (const PolicyChange& change : changes) {
    if (!apply_one(change, touched)) return std::nullopt;
    result.revision = change.revision;
  }
  result.instance = touched.instance;
  result.put_accounts.assign(touched.put_accounts.begin(), touched.put_accounts.end());
  result.removed_accounts.assign(touched.removed_accounts.begin(), touched.removed_accounts.end());
  for (const auto& [digest, key] : touched.keys) {
    if (key != nullptr) {
      result.put_keys.push_back(key);
    } else {
      result.removed_digests.push_back(digest);
    }
  }
  return result;
}

bool LongLists::apply_one(const PolicyChange& change, Touched& touched) {
  if (change.instance_error_style) {
    instance_.error_style = *change.instance_error_style;
    touched.instance = true;
  }
  apply_accounts(change, touched);
  for (const KeyDigest& digest : change.removed_digests) touched.keys[digest] = nullptr;
  for (const KeyPolicy& key : change.keys) {
    if (!accounts_.contains(key.account)) return false;
    touched.keys[key.digest] = &key;
  }
  return apply_lists(change, touched);
}

void LongLists::apply_accounts(const PolicyChange& change, Touched& touched) {
  for (const AccountPolicy& account : change.accounts) {
    const auto [place, inserted] = accounts_.try_emplace(account.id);
    place->second.id = account.id;
    place->second.state = account.state;
    place->second.error_style = account.error_style;
    touched.put_accounts.insert(account.id);
    if (inserted && touched.removed_accounts.erase(account.id) == 0) touched.fresh_accounts.insert(account.id);
  }
  for (const AccountId id : change.removed_accounts) {
    accounts_.erase(id);
    touched.put_accounts.erase(id);
    if (touched.fresh_accounts.erase(id) == 0) touched.removed_accounts.insert(id);
  }
}

bool LongLists::apply_lists(const PolicyChange& change, Touched& touched) {
  for (const ListDelta& delta : change.lists) {
    if (delta.ref.layer == Layer::kGlobal) {
      touched.instance = true;
      if (!apply_delta(instance_.allowlist, delta)) return false;
      continue;
    }
    const AccountId id(delta.ref.owner);
    const auto account = accounts_.find(id);
    if (account == accounts_.end() || !apply_delta(account->second.allowlist, delta)) return false;
    touched.put_accounts.insert(id);
  }
  return true;
}

}  // namespace keyfence
