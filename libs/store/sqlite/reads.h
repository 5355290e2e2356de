#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "libs/store/sqlite/audit_reads.h"
#include "libs/store/sqlite/failure.h"
#include "libs/store/sqlite/people_reads.h"

namespace keyfence::sqlite {

// The reads of StoreReader over one connection: prepared once, throwing Failure.
class Reads {
 public:
  explicit Reads(Connection& connection);

  [[nodiscard]] InstanceRow instance();
  [[nodiscard]] Revision revision();
  [[nodiscard]] AccountRow account(AccountId id);
  [[nodiscard]] std::optional<AccountRow> account_by_name(std::string_view name);
  [[nodiscard]] std::vector<AccountRow> accounts(PageRequest page);
  [[nodiscard]] std::vector<AccountRow> accounts_in(AccountCondition condition, PageRequest page);
  [[nodiscard]] std::vector<AccountId> accounts_to_purge(Timestamp now);
  [[nodiscard]] KeyRow key(KeyId id);
  [[nodiscard]] std::optional<KeyRow> key_by_digest(const KeyDigest& digest);
  [[nodiscard]] std::vector<KeyRow> keys(std::optional<AccountId> account, std::string_view name_contains,
                                         PageRequest page);
  [[nodiscard]] std::vector<ListedKey> listed_keys(const KeyFilter& filter, PageRequest page);
  [[nodiscard]] ListRow list(ListRef ref);
  [[nodiscard]] std::vector<EntryRow> entries(ListRef ref, PageRequest page);
  [[nodiscard]] EntryRow entry(ListRef ref, EntryId id);
  [[nodiscard]] std::optional<EntryRow> entry_of_range(ListRef ref, const IpRange& range);
  [[nodiscard]] std::vector<EntryRow> related_entries(ListRef ref, const IpRange& range);
  [[nodiscard]] std::optional<EntryRow> best_match(ListRef ref, const IpAddress& address, UnixSeconds now);
  [[nodiscard]] std::vector<ListRevisionRow> list_revisions(ListRef ref, PageRequest page);
  [[nodiscard]] ListRevisionRow list_at(ListRef ref, Revision revision);
  [[nodiscard]] std::vector<EntryRow> entries_at(ListRef ref, Revision revision, PageRequest page);
  [[nodiscard]] std::optional<TokenRow> token_by_digest(const KeyDigest& digest);
  [[nodiscard]] TokenRow token(TokenId id);
  [[nodiscard]] std::vector<TokenRow> tokens(PageRequest page);
  [[nodiscard]] std::vector<TokenRow> tokens_of_account(AccountId account, PageRequest page);
  [[nodiscard]] std::vector<AuditRow> audit(const AuditFilter& filter, PageRequest page);
  [[nodiscard]] std::optional<IdempotencyRow> idempotency(std::string_view caller, const KeyDigest& key);
  [[nodiscard]] KeyDigest seal();
  [[nodiscard]] std::vector<ChangeRow> changes(Revision after, std::size_t limit);

  // What the policy needs of a list's entries, in order of id.
  [[nodiscard]] std::vector<PolicyEntry> policy_entries(ListRef ref);

  PeopleReads people;

 private:
  // Every entry that holds the range: blocks, the smallest first, then ranges that are none. In entry_search.cc.
  template <class Use>
  void for_each_holding(ListRef ref, const IpRange& range, Use use);

  // The revisions of a list from this one, or its newest, to its oldest, as long as visit answers true.
  template <class Visit>
  void walk_history(ListRef ref, std::optional<Revision> from, Visit&& visit);
  // The revision if it is one of the list's.
  [[nodiscard]] std::optional<Revision> known_revision(ListRef ref, Revision revision);

  Connection* connection_;
  Statement instance_, revision_;
  Statement account_, account_by_name_, accounts_, accounts_in_, accounts_to_purge_;
  Statement key_, key_by_digest_;
  Statement keys_, keys_of_account_, keys_named_, listed_keys_, listed_keys_named_;
  Statement list_, entries_, entry_, entry_of_range_, entries_within_, policy_entries_;
  Statement next_spread_, entries_of_spread_;
  Statement newest_revision_, list_revision_, entries_at_;
  Statement token_by_digest_, token_, tokens_, tokens_of_account_;
  AuditReads audit_;
  Statement changes_, idempotency_, seal_;
};

[[noreturn]] void fail_not_found(std::string message);
[[noreturn]] void fail_corrupt(std::string detail);
[[nodiscard]] IpRange range_of(const Rows& rows, int column);
// Of id, range, state, expires_at, kind, text, label, added_by, added_at.
[[nodiscard]] EntryRow entry_of(const Rows& rows);
// What a range that is no block is found by: the bits of its length, those of IPv6 beyond those of IPv4. A range of so
// many bits that holds an address begins at most so far before it. nullopt for a block.
[[nodiscard]] std::optional<int> spread_of(const IpRange& range);

}  // namespace keyfence::sqlite
