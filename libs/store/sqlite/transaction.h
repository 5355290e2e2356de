#pragma once

#include <optional>
#include <vector>

#include "libs/store/sqlite/forwarded_reads.h"
#include "libs/store/sqlite/writes.h"
#include "libs/store/touched_policy.h"

namespace keyfence::sqlite {

// One change set on the writing connection, within a savepoint that its owner opens and closes.
class SqliteTransaction final : public ForwardedReads<Transaction, SqliteTransaction> {
 public:
  SqliteTransaction(Reads& reads, Writes& writes, Revision standing) noexcept
      : reads_(&reads), writes_(&writes), standing_(standing) {}

  StoreResult<void> update_instance(const InstanceRow& row) override;
  StoreResult<void> insert_account(const AccountRow& row) override;
  StoreResult<void> update_account(const AccountRow& row) override;
  StoreResult<void> delete_account(AccountId id) override;
  StoreResult<void> insert_key(const KeyRow& row) override;
  StoreResult<void> update_key(const KeyRow& row) override;
  StoreResult<void> delete_key(KeyId id) override;
  StoreResult<void> update_list(ListRef ref, ListMode mode, WhenEmpty when_empty) override;
  StoreResult<void> insert_entry(ListRef ref, const EntryRow& row) override;
  StoreResult<void> update_entry(ListRef ref, const EntryRow& row) override;
  StoreResult<void> delete_entry(ListRef ref, EntryId id) override;
  StoreResult<void> delete_entries(ListRef ref) override;
  StoreResult<void> insert_token(const TokenRow& row) override;
  StoreResult<void> update_token(const TokenRow& row) override;
  void audit_line(AuditRow row) override { audit_.push_back(std::move(row)); }

  StoreResult<ListRow> list(ListRef ref) override;

  // Writes what belongs to the change set beside its rows: packed policies, list rows, revision, change row and audit
  // rows. The change if the policy changed. Throws Failure.
  [[nodiscard]] std::optional<PolicyChange> finish();

  template <class Function>
  auto with_reads(Function&& function) {
    return guarded([&] { return function(*reads_); });
  }

 private:
  template <class Function>
  StoreResult<void> write(Function&& function);
  [[nodiscard]] Revision next() const noexcept { return {standing_.value + 1}; }
  [[nodiscard]] TouchedPolicy::List& touch(ListRef ref);
  void insert_empty_list(ListRef ref);
  void delete_list(ListRef ref);
  // The message of a duplicate: which entry is in the way.
  [[nodiscard]] std::string standing_entry(ListRef ref, const EntryRow& row);
  void forget_key(KeyId id, const KeyDigest& digest);
  void write_lists();
  [[nodiscard]] PolicyChange make_change();
  void add_accounts(PolicyChange& change);
  void add_keys(PolicyChange& change);

  Reads* reads_;
  Writes* writes_;
  Revision standing_;
  TouchedPolicy touched_;
  std::vector<AuditRow> audit_;
  std::optional<StoreError> broken_;  // a row function failed halfway: nothing of this may be committed
};

}  // namespace keyfence::sqlite
