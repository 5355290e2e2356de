#pragma once

#include <utility>

#include "libs/store/sqlite/forwarded_people_reads.h"
#include "libs/store/sqlite/reads.h"

namespace keyfence::sqlite {

// The functions of StoreReader, each handed to Derived::with_reads(), which finds the connection and catches failures.
template <class Base, class Derived>
class ForwardedReads : public ForwardedPeopleReads<Base, Derived> {
 public:
  StoreResult<InstanceRow> instance() override {
    return read([](Reads& reads) { return reads.instance(); });
  }
  StoreResult<Revision> revision() override {
    return read([](Reads& reads) { return reads.revision(); });
  }
  StoreResult<AccountRow> account(AccountId id) override {
    return read([&](Reads& reads) { return reads.account(id); });
  }
  StoreResult<std::optional<AccountRow>> account_by_name(std::string_view name) override {
    return read([&](Reads& reads) { return reads.account_by_name(name); });
  }
  StoreResult<std::vector<AccountRow>> accounts(PageRequest page) override {
    return read([&](Reads& reads) { return reads.accounts(page); });
  }
  StoreResult<std::vector<AccountRow>> accounts_in(AccountCondition condition, PageRequest page) override {
    return read([&](Reads& reads) { return reads.accounts_in(condition, page); });
  }
  StoreResult<std::vector<AccountId>> accounts_to_purge(Timestamp now) override {
    return read([&](Reads& reads) { return reads.accounts_to_purge(now); });
  }
  StoreResult<KeyRow> key(KeyId id) override {
    return read([&](Reads& reads) { return reads.key(id); });
  }
  StoreResult<std::optional<KeyRow>> key_by_digest(const KeyDigest& digest) override {
    return read([&](Reads& reads) { return reads.key_by_digest(digest); });
  }
  StoreResult<std::vector<KeyRow>> keys(std::optional<AccountId> account, std::string_view name_contains,
                                        PageRequest page) override {
    return read([&](Reads& reads) { return reads.keys(account, name_contains, page); });
  }
  StoreResult<std::vector<ListedKey>> listed_keys(const KeyFilter& filter, PageRequest page) override {
    return read([&](Reads& reads) { return reads.listed_keys(filter, page); });
  }
  StoreResult<ListRow> list(ListRef ref) override {
    return read([&](Reads& reads) { return reads.list(ref); });
  }
  StoreResult<std::vector<EntryRow>> entries(ListRef ref, PageRequest page) override {
    return read([&](Reads& reads) { return reads.entries(ref, page); });
  }
  StoreResult<EntryRow> entry(ListRef ref, EntryId id) override {
    return read([&](Reads& reads) { return reads.entry(ref, id); });
  }
  StoreResult<std::optional<EntryRow>> entry_of_range(ListRef ref, const IpRange& range) override {
    return read([&](Reads& reads) { return reads.entry_of_range(ref, range); });
  }
  StoreResult<std::vector<EntryRow>> related_entries(ListRef ref, const IpRange& range) override {
    return read([&](Reads& reads) { return reads.related_entries(ref, range); });
  }
  StoreResult<std::optional<EntryRow>> best_match(ListRef ref, const IpAddress& address, UnixSeconds now) override {
    return read([&](Reads& reads) { return reads.best_match(ref, address, now); });
  }
  StoreResult<std::vector<ListRevisionRow>> list_revisions(ListRef ref, PageRequest page) override {
    return read([&](Reads& reads) { return reads.list_revisions(ref, page); });
  }
  StoreResult<ListRevisionRow> list_at(ListRef ref, Revision revision) override {
    return read([&](Reads& reads) { return reads.list_at(ref, revision); });
  }
  StoreResult<std::vector<EntryRow>> entries_at(ListRef ref, Revision revision, PageRequest page) override {
    return read([&](Reads& reads) { return reads.entries_at(ref, revision, page); });
  }
  StoreResult<std::optional<TokenRow>> token_by_digest(const KeyDigest& digest) override {
    return read([&](Reads& reads) { return reads.token_by_digest(digest); });
  }
  StoreResult<std::vector<TokenRow>> tokens(PageRequest page) override {
    return read([&](Reads& reads) { return reads.tokens(page); });
  }
  StoreResult<TokenRow> token(TokenId id) override {
    return read([&](Reads& reads) { return reads.token(id); });
  }
  StoreResult<std::vector<TokenRow>> tokens_of_account(AccountId account, PageRequest page) override {
    return read([&](Reads& reads) { return reads.tokens_of_account(account, page); });
  }
  StoreResult<std::vector<AuditRow>> audit(const AuditFilter& filter, PageRequest page) override {
    return read([&](Reads& reads) { return reads.audit(filter, page); });
  }
  StoreResult<std::optional<IdempotencyRow>> idempotency(std::string_view caller, const KeyDigest& key) override {
    return read([&](Reads& reads) { return reads.idempotency(caller, key); });
  }
  StoreResult<KeyDigest> seal() override {
    return read([](Reads& reads) { return reads.seal(); });
  }
  StoreResult<std::vector<ChangeRow>> changes(Revision after, std::size_t limit) override {
    return read([&](Reads& reads) { return reads.changes(after, limit); });
  }

 private:
  template <class Function>
  auto read(Function&& function) {
    return static_cast<Derived*>(this)->with_reads(std::forward<Function>(function));
  }
};

}  // namespace keyfence::sqlite
