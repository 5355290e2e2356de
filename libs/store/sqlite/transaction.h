#pragma once

#include <optional>
#include <vector>

#include "libs/store/sqlite/forwarded_reads.h"
#include "libs/store/sqlite/writes.h"
#include "libs/store/touched_policy.h"

namespace keyfence::sqlite {

// Runs the function; if something stands in its way, names it.
template <class Function, class Describe>
void naming_duplicates(Function&& function, Describe&& describe) {
  try {
    function();
  } catch (const sql::Failure& failure) {
    if (failure.code != sql::Failure::Code::kDuplicate) throw;
    throw Failure{{StoreError::Code::kDuplicate, describe(), failure.detail}};
  }
}

// What the change sets before have left for the next to go on from.
struct Standing {
  Revision revision;
  std::uint64_t audit_id = 0;  // of the newest line of the audit log; 0: there is none
  KeyDigest audit_hash;
};

// One change set on the writing connection, within a transaction that its owner opens and closes.
class SqliteTransaction final : public ForwardedReads<Transaction, SqliteTransaction> {
 public:
  SqliteTransaction(Reads& reads, Writes& writes, const Standing& standing) noexcept
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
  StoreResult<void> change_entries(ListRef ref, const EntryChanges& changes) override;
  StoreResult<void> insert_token(const TokenRow& row) override;
  StoreResult<void> update_token(const TokenRow& row) override;

  StoreResult<void> insert_person(const PersonRow& row) override;
  StoreResult<void> update_person(const PersonRow& row) override;
  StoreResult<void> delete_person(PersonId id) override;
  StoreResult<void> put_membership(const MembershipRow& row) override;
  StoreResult<void> delete_membership(AccountId account, PersonId person) override;
  StoreResult<void> insert_invitation(const InvitationRow& row) override;
  StoreResult<void> delete_invitation(InvitationId id) override;
  StoreResult<void> insert_session(const SessionRow& row) override;
  StoreResult<void> update_session(const SessionRow& row) override;
  StoreResult<void> touch_session(SessionId id, Timestamp seen_at) override;
  StoreResult<void> delete_session(SessionId id) override;
  StoreResult<void> delete_sessions(PersonId person, std::optional<SessionId> except) override;
  StoreResult<void> replace_recovery_codes(PersonId person, std::span<const KeyDigest> codes) override;
  StoreResult<void> spend_recovery_code(PersonId person, const KeyDigest& code) override;
  StoreResult<void> put_device(PersonId person, const KeyDigest& device, Timestamp seen_at) override;
  StoreResult<void> touch_token(TokenId id, Timestamp used_at) override;
  StoreResult<void> delete_outdated(const Outdated& outdated) override;

  StoreResult<void> insert_idempotency(const IdempotencyRow& row) override;
  void audit_line(AuditRow row) override { audit_.push_back(std::move(row)); }
  [[nodiscard]] Committed pending() const override {
    return {touched_.empty() ? standing_.revision : next(), !touched_.empty()};
  }

  StoreResult<Revision> revision() override { return standing_.revision; }
  StoreResult<ListRow> list(ListRef ref) override;
  StoreResult<KeyRow> key(KeyId id) override;

  // Whether a row of HotRows may have changed.
  [[nodiscard]] bool touched_hot_rows() const noexcept { return touched_hot_rows_; }

  // Writes what belongs to the change set beside its rows: packed policies, list rows, change row and audit rows. The
  // change if the policy changed. Throws Failure.
  [[nodiscard]] std::optional<PolicyChange> finish();
  // After finish(): what its owner writes before the COMMIT, once for all change sets.
  [[nodiscard]] const Standing& standing() const noexcept { return standing_; }

  template <class Function>
  auto with_reads(Function&& function) {
    return guarded([&] { return function(*reads_); });
  }

 private:
  // Runs the function; what fails in it other than by what the caller asked for spoils the change set.
  template <class Function>
  StoreResult<void> write(Function&& function) {
    StoreResult<void> result = guarded(function);
    if (!result && !broken_) {
      const StoreError::Code code = result.error().code;
      if (code != StoreError::Code::kNotFound && code != StoreError::Code::kDuplicate) broken_ = result.error();
    }
    return result;
  }
  [[nodiscard]] Revision next() const noexcept { return {standing_.revision.value + 1}; }
  [[nodiscard]] TouchedPolicy::List& touch(ListRef ref);
  // The key as it stands; of the one that was asked for last without looking again.
  [[nodiscard]] const KeyRow& standing_key(KeyId id);
  // The same of a list that this change set has not touched.
  [[nodiscard]] const ListRow& standing_list(ListRef ref);
  void put_entry(ListRef ref, TouchedPolicy::List& list, const EntryRow& row);
  void insert_empty_list(ListRef ref);
  void delete_list(ListRef ref);
  // Throws kDuplicate where another entry of the list has this range.
  void refuse_twin(ListRef ref, const EntryRow& row);
  void forget_key(KeyId id, const KeyDigest& digest);
  void write_lists();
  void write_list_revision(const TouchedPolicy::List& list);
  void forget_old_revisions(const TouchedPolicy::List& list);
  void write_audit();
  [[nodiscard]] PolicyChange make_change();
  void add_accounts(PolicyChange& change);
  void add_keys(PolicyChange& change);

  Reads* reads_;
  Writes* writes_;
  Standing standing_;
  TouchedPolicy touched_;
  std::optional<KeyRow> known_key_;
  std::optional<ListRow> known_list_;
  std::vector<AuditRow> audit_;
  bool touched_hot_rows_ = false;
  std::optional<StoreError> broken_;  // a row function failed halfway: nothing of this may be committed
};

}  // namespace keyfence::sqlite
