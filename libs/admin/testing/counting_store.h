#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "libs/store/control_store.h"

namespace keyfence {

// Another store, and how much is asked of it: what a promise about cost is tested with.
class CountingStore final : public ControlStore {
 public:
  explicit CountingStore(ControlStore& store) : store_(store) {}

  std::atomic<std::size_t> transactions{0};
  std::atomic<std::size_t> entries_read{0};  // rows that entries() answered
  std::atomic<std::size_t> tokens_read{0};   // rows that tokens() answered
  std::atomic<std::size_t> lists_read{0};    // calls of list()

  // Run once, before the next transaction: what another caller does meanwhile.
  std::function<void()> before_transaction = {};

  StoreResult<Committed> transact(const Work& work) override {
    ++transactions;
    if (const auto meanwhile = std::exchange(before_transaction, nullptr)) meanwhile();
    return store_.transact(work);
  }
  StoreResult<std::vector<EntryRow>> entries(ListRef ref, PageRequest page) override {
    auto rows = store_.entries(ref, page);
    if (rows) entries_read += rows->size();
    return rows;
  }
  StoreResult<std::vector<TokenRow>> tokens(PageRequest page) override {
    auto rows = store_.tokens(page);
    if (rows) tokens_read += rows->size();
    return rows;
  }

  void on_committed(OnCommitted callback) override { store_.on_committed(std::move(callback)); }
  StoreResult<void> snapshot(const SnapshotSink& sink) override { return store_.snapshot(sink); }
  std::unique_ptr<ReadHold> hold_reads() override { return store_.hold_reads(); }
  StoreResult<void> verify() override { return store_.verify(); }

  StoreResult<InstanceRow> instance() override { return store_.instance(); }
  StoreResult<Revision> revision() override { return store_.revision(); }
  StoreResult<AccountRow> account(AccountId id) override { return store_.account(id); }
  StoreResult<std::optional<AccountRow>> account_by_name(std::string_view name) override {
    return store_.account_by_name(name);
  }
  StoreResult<std::vector<AccountRow>> accounts(PageRequest page) override { return store_.accounts(page); }
  StoreResult<std::vector<AccountRow>> accounts_in(AccountCondition condition, PageRequest page) override {
    return store_.accounts_in(condition, page);
  }
  StoreResult<std::vector<AccountId>> accounts_to_purge(Timestamp now) override {
    return store_.accounts_to_purge(now);
  }
  StoreResult<KeyRow> key(KeyId id) override { return store_.key(id); }
  StoreResult<std::optional<KeyRow>> key_by_digest(const KeyDigest& digest) override {
    return store_.key_by_digest(digest);
  }
  StoreResult<std::vector<KeyRow>> keys(std::optional<AccountId> account, std::string_view name_contains,
                                        PageRequest page) override {
    return store_.keys(account, name_contains, page);
  }
  StoreResult<std::vector<ListedKey>> listed_keys(const KeyFilter& filter, PageRequest page) override {
    return store_.listed_keys(filter, page);
  }
  StoreResult<ListRow> list(ListRef ref) override {
    ++lists_read;
    return store_.list(ref);
  }
  StoreResult<EntryRow> entry(ListRef ref, EntryId id) override { return store_.entry(ref, id); }
  StoreResult<std::optional<EntryRow>> entry_of_range(ListRef ref, const IpRange& range) override {
    return store_.entry_of_range(ref, range);
  }
  StoreResult<std::vector<EntryRow>> related_entries(ListRef ref, const IpRange& range) override {
    return store_.related_entries(ref, range);
  }
  StoreResult<std::optional<EntryRow>> best_match(ListRef ref, const IpAddress& address, UnixSeconds now) override {
    return store_.best_match(ref, address, now);
  }
  StoreResult<std::vector<ListRevisionRow>> list_revisions(ListRef ref, PageRequest page) override {
    return store_.list_revisions(ref, page);
  }
  StoreResult<ListRevisionRow> list_at(ListRef ref, Revision revision) override {
    return store_.list_at(ref, revision);
  }
  StoreResult<std::vector<EntryRow>> entries_at(ListRef ref, Revision revision, PageRequest page) override {
    return store_.entries_at(ref, revision, page);
  }
  StoreResult<std::optional<TokenRow>> token_by_digest(const KeyDigest& digest) override {
    return store_.token_by_digest(digest);
  }
  StoreResult<TokenRow> token(TokenId id) override { return store_.token(id); }
  StoreResult<std::vector<TokenRow>> tokens_of_account(AccountId account, PageRequest page) override {
    return store_.tokens_of_account(account, page);
  }
  StoreResult<std::vector<AuditRow>> audit(const AuditFilter& filter, PageRequest page) override {
    return store_.audit(filter, page);
  }
  StoreResult<std::optional<IdempotencyRow>> idempotency(std::string_view caller, const KeyDigest& key) override {
    return store_.idempotency(caller, key);
  }
  StoreResult<KeyDigest> seal() override { return store_.seal(); }
  StoreResult<std::vector<ChangeRow>> changes(Revision after, std::size_t limit) override {
    return store_.changes(after, limit);
  }

  StoreResult<PersonRow> person(PersonId id) override { return store_.person(id); }
  StoreResult<std::optional<PersonRow>> person_by_login(std::string_view login) override {
    return store_.person_by_login(login);
  }
  StoreResult<std::size_t> operator_count() override { return store_.operator_count(); }
  StoreResult<std::vector<PersonRow>> operators(PageRequest page) override { return store_.operators(page); }
  StoreResult<std::vector<MembershipRow>> memberships(PersonId person) override { return store_.memberships(person); }
  StoreResult<std::optional<MemberRow>> member(AccountId account, PersonId person) override {
    return store_.member(account, person);
  }
  StoreResult<std::vector<MemberRow>> members(AccountId account, PageRequest page) override {
    return store_.members(account, page);
  }
  StoreResult<std::size_t> owner_count(AccountId account) override { return store_.owner_count(account); }
  StoreResult<std::optional<InvitationRow>> invitation_by_digest(const KeyDigest& digest) override {
    return store_.invitation_by_digest(digest);
  }
  StoreResult<std::vector<InvitationRow>> invitations(AccountId account, PageRequest page) override {
    return store_.invitations(account, page);
  }
  StoreResult<std::optional<SessionRow>> session_by_digest(const KeyDigest& digest) override {
    return store_.session_by_digest(digest);
  }
  StoreResult<std::vector<SessionRow>> sessions(PersonId person) override { return store_.sessions(person); }
  StoreResult<std::size_t> recovery_code_count(PersonId person) override { return store_.recovery_code_count(person); }
  StoreResult<bool> knows_device(PersonId person, const KeyDigest& device) override {
    return store_.knows_device(person, device);
  }

 private:
  ControlStore& store_;
};

}  // namespace keyfence
