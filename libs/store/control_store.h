#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/store/change.h"
#include "libs/store/people_store.h"
#include "libs/store/rows.h"
#include "libs/store/store_error.h"

namespace keyfence {

// Reads see one consistent snapshot per call.
class StoreReader : public PeopleReader {
 public:
  [[nodiscard]] virtual StoreResult<InstanceRow> instance() = 0;
  [[nodiscard]] virtual StoreResult<Revision> revision() = 0;

  [[nodiscard]] virtual StoreResult<AccountRow> account(AccountId id) = 0;
  [[nodiscard]] virtual StoreResult<std::optional<AccountRow>> account_by_name(std::string_view name) = 0;
  [[nodiscard]] virtual StoreResult<std::vector<AccountRow>> accounts(PageRequest page) = 0;
  [[nodiscard]] virtual StoreResult<std::vector<AccountRow>> accounts_in(AccountCondition condition,
                                                                         PageRequest page) = 0;
  // Deleted ones whose grace ended at or before this moment.
  [[nodiscard]] virtual StoreResult<std::vector<AccountId>> accounts_to_purge(Timestamp now) = 0;

  [[nodiscard]] virtual StoreResult<KeyRow> key(KeyId id) = 0;
  [[nodiscard]] virtual StoreResult<std::optional<KeyRow>> key_by_digest(const KeyDigest& digest) = 0;
  // account nullopt: all accounts; name_contains empty: all names.
  [[nodiscard]] virtual StoreResult<std::vector<KeyRow>> keys(std::optional<AccountId> account,
                                                              std::string_view name_contains, PageRequest page) = 0;
  // Keys with the state of their lists, in one query.
  [[nodiscard]] virtual StoreResult<std::vector<ListedKey>> listed_keys(const KeyFilter& filter, PageRequest page) = 0;

  [[nodiscard]] virtual StoreResult<ListRow> list(ListRef ref) = 0;
  [[nodiscard]] virtual StoreResult<std::vector<EntryRow>> entries(ListRef ref, PageRequest page) = 0;
  [[nodiscard]] virtual StoreResult<EntryRow> entry(ListRef ref, EntryId id) = 0;
  [[nodiscard]] virtual StoreResult<std::optional<EntryRow>> entry_of_range(ListRef ref, const IpRange& range) = 0;
  // Entries that hold this range or lie in it, without reading the list: its twin, all that hold it, and the first that
  // lies in it.
  [[nodiscard]] virtual StoreResult<std::vector<EntryRow>> related_entries(ListRef ref, const IpRange& range) = 0;
  // The usable entry that admits the address, without reading the list: the most specific, then the oldest.
  [[nodiscard]] virtual StoreResult<std::optional<EntryRow>> best_match(ListRef ref, const IpAddress& address,
                                                                        UnixSeconds now) = 0;

  // The revisions of a list, newest first; page.after 0 begins at the newest, otherwise smaller ones follow.
  [[nodiscard]] virtual StoreResult<std::vector<ListRevisionRow>> list_revisions(ListRef ref, PageRequest page) = 0;
  // The list as it stood at a revision of the policy; kNotFound if it did not, or if that is forgotten.
  [[nodiscard]] virtual StoreResult<ListRevisionRow> list_at(ListRef ref, Revision revision) = 0;
  [[nodiscard]] virtual StoreResult<std::vector<EntryRow>> entries_at(ListRef ref, Revision revision,
                                                                      PageRequest page) = 0;

  [[nodiscard]] virtual StoreResult<std::optional<TokenRow>> token_by_digest(const KeyDigest& digest) = 0;
  [[nodiscard]] virtual StoreResult<TokenRow> token(TokenId id) = 0;
  [[nodiscard]] virtual StoreResult<std::vector<TokenRow>> tokens(PageRequest page) = 0;
  [[nodiscard]] virtual StoreResult<std::vector<TokenRow>> tokens_of_account(AccountId account, PageRequest page) = 0;

  // Newest first; page.after 0 begins at the newest, otherwise rows with a smaller id follow.
  [[nodiscard]] virtual StoreResult<std::vector<AuditRow>> audit(const AuditFilter& filter, PageRequest page) = 0;
  [[nodiscard]] virtual StoreResult<std::optional<IdempotencyRow>> idempotency(std::string_view caller,
                                                                               const KeyDigest& key) = 0;
  // Random, made with the store, never shown: what the API seals cursors with.
  [[nodiscard]] virtual StoreResult<KeyDigest> seal() = 0;
  // The change feed: rows with revision > after, in order, at most limit, fewer where they are long; none at its end.
  // Rows that were pruned are missing: then the first one does not follow after.
  [[nodiscard]] virtual StoreResult<std::vector<ChangeRow>> changes(Revision after, std::size_t limit) = 0;
};

// What a committed change set became.
struct Committed {
  Revision revision;  // unchanged from before if no policy changed (tokens, names)
  bool policy_changed = false;
};

// One change set being written. Whatever it reads it sees its own writes. Row functions do not audit and do not count
// revisions; finish() does both.
class Transaction : public StoreReader, public PeopleWriter {
 public:
  [[nodiscard]] virtual StoreResult<void> update_instance(const InstanceRow& row) = 0;
  [[nodiscard]] virtual StoreResult<void> insert_account(const AccountRow& row) = 0;  // with an empty list, allow
  [[nodiscard]] virtual StoreResult<void> update_account(const AccountRow& row) = 0;
  [[nodiscard]] virtual StoreResult<void> delete_account(
      AccountId id) = 0;  // with its keys, lists, entries and members
  [[nodiscard]] virtual StoreResult<void> insert_key(const KeyRow& row) = 0;  // with an empty list, allow
  [[nodiscard]] virtual StoreResult<void> update_key(const KeyRow& row) = 0;
  [[nodiscard]] virtual StoreResult<void> delete_key(KeyId id) = 0;
  [[nodiscard]] virtual StoreResult<void> update_list(ListRef ref, ListMode mode, WhenEmpty when_empty) = 0;
  [[nodiscard]] virtual StoreResult<void> insert_entry(ListRef ref, const EntryRow& row) = 0;
  [[nodiscard]] virtual StoreResult<void> update_entry(ListRef ref, const EntryRow& row) = 0;
  [[nodiscard]] virtual StoreResult<void> delete_entry(ListRef ref, EntryId id) = 0;
  [[nodiscard]] virtual StoreResult<void> delete_entries(ListRef ref) = 0;
  // As delete_entry(), update_entry() and insert_entry() of each, in this order, but cheaper. Where it fails, the
  // change set does.
  [[nodiscard]] virtual StoreResult<void> change_entries(ListRef ref, const EntryChanges& changes) = 0;
  [[nodiscard]] virtual StoreResult<void> insert_token(const TokenRow& row) = 0;
  [[nodiscard]] virtual StoreResult<void> update_token(const TokenRow& row) = 0;

  // Forgets rows that are older than they are kept.
  [[nodiscard]] virtual StoreResult<void> insert_idempotency(const IdempotencyRow& row) = 0;

  // Adds a line to the audit log of this change set; revision, id and hash are filled in by the store.
  virtual void audit_line(AuditRow row) = 0;
  // What the change set becomes if it is committed as it stands.
  [[nodiscard]] virtual Committed pending() const = 0;
};

using Work = std::function<StoreResult<void>(Transaction&)>;

// The control store: rows, audit log and change feed, in transactions.
//
// Shape    One transaction is one change set. From what the row functions touched the store itself works out the
//          PolicyChange (keys whole, long lists as deltas), takes the next revision from a one-row counter, and writes
//          the change row and the audit rows as its last statements: gapless, in commit order. A change set that
//          touches no policy takes no revision, and its audit rows carry the standing one.
// Errors   A failed work or commit leaves nothing behind. kNoSpace, kReadOnly, kBusy, kCorrupt say what to do.
// Threads  Safe. Reads run beside each other and beside writes. Writes are serial; those that wait are committed
//          together (one sync of the disk for many change sets, each with its own revision, each all or nothing). A
//          change set may be read a moment before it is on the disk; transact() answers after.
// Source   docs/life-of-a-change.md.
class ControlStore : public StoreReader {
 public:
  // While it lives, all that its thread reads of the store is of one snapshot, and cheaper; but for the instance and
  // token_by_digest(), which may be newer. One at a time on a thread.
  class ReadHold {
   public:
    ReadHold() = default;
    virtual ~ReadHold() = default;
    ReadHold(const ReadHold&) = delete;
    ReadHold& operator=(const ReadHold&) = delete;
  };
  // nullptr: others read as many things at once as can be; to be held for a moment only.
  [[nodiscard]] virtual std::unique_ptr<ReadHold> hold_reads() = 0;

  // Called on one thread, when the change sets are on the disk, in order of revision, before transact() answers: the
  // publisher.
  using OnCommitted = std::function<void(std::span<const PolicyChange>)>;

  // Runs the work and commits. The work may be run again if the batch that it was part of failed: it must not keep
  // state outside the transaction but what it assigns anew.
  [[nodiscard]] virtual StoreResult<Committed> transact(const Work& work) = 0;
  // Changes committed before are not told. Returns when no call of the callback before is under way; not to be called
  // by a callback.
  virtual void on_committed(OnCommitted callback) = 0;

  // The whole policy at one revision, streamed; for a new image. The callbacks may be called 10^7 times.
  struct SnapshotSink {
    std::function<void(Revision, std::uint64_t epoch, std::size_t keys, std::size_t accounts)> begin;
    std::function<void(const InstancePolicy&)> instance;
    std::function<void(const AccountPolicy&)> account;
    std::function<void(const KeyPolicy&)> key;  // after all accounts
  };
  [[nodiscard]] virtual StoreResult<void> snapshot(const SnapshotSink& sink) = 0;

  // Compares everything that is kept twice (packed policies, counts, hashes) with the rows that it comes from; kCorrupt
  // if something differs. Reads the whole store.
  [[nodiscard]] virtual StoreResult<void> verify() = 0;
};

// Opens (and makes or migrates) the SQLite store in this file. A second process on the same file gets kBusy.
[[nodiscard]] StoreResult<std::unique_ptr<ControlStore>> open_sqlite_store(const std::string& path);

}  // namespace keyfence
