#include "libs/store/sqlite/transaction.h"

#include <algorithm>
#include <set>

#include "libs/store/audit_chain.h"
#include "libs/store/packed_policy.h"
#include "libs/store/sqlite/name_grams.h"

namespace keyfence::sqlite {
namespace {

constexpr std::uint64_t kRevisionsBetweenForgetting = 64;
constexpr std::size_t kPastEntriesBetweenForgetting = 1'000;

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& scope : scopes) {
    if (!text.empty()) text += ' ';
    text += scope;
  }
  return text;
}

bool same_settings(const InstanceRow& a, const InstanceRow& b) noexcept {
  return a.error_style == b.error_style && a.key_limits == b.key_limits && a.account_limits == b.account_limits &&
         a.global_limits == b.global_limits && a.non_public_warnings == b.non_public_warnings;
}

bool same_policy(const KeyRow& a, const KeyRow& b) noexcept {
  return a.account == b.account && a.digest == b.digest && a.state == b.state && a.expires_at == b.expires_at &&
         a.scopes == b.scopes;
}

std::optional<Timestamp> deleted_at(const AccountRow& row) {
  return row.deletion ? std::optional(row.deletion->deleted_at) : std::nullopt;
}
std::optional<Timestamp> purge_at(const AccountRow& row) {
  return row.deletion ? std::optional(row.deletion->purge_at) : std::nullopt;
}
std::optional<AccountState> state_before(const AccountRow& row) {
  return row.deletion ? std::optional(row.deletion->state_before) : std::nullopt;
}

std::string join_ranges(const std::vector<IpRange>& ranges) {
  std::string text;
  for (const IpRange& range : ranges) text += (text.empty() ? "" : " ") + range.text();
  return text;
}

// What the audit log calls a list.
std::string subject_of(ListRef ref) {
  switch (ref.layer) {
    case Layer::kKey:
      return KeyId(ref.owner).text();
    case Layer::kAccount:
      return AccountId(ref.owner).text();
    case Layer::kGlobal:
    case Layer::kNone:
      break;
  }
  return "global";
}

PolicyEntry policy_of(const EntryRow& row) {
  return {row.id, row.range, row.state, row.expires_at};
}

}  // namespace

TouchedPolicy::List& SqliteTransaction::touch(ListRef ref) {
  auto position = touched_.lists.find(ref);
  if (position == touched_.lists.end()) {
    position = touched_.lists.emplace(ref, TouchedPolicy::List{standing_list(ref), false, {}}).first;
    position->second.changed_before = position->second.row.changed;
  }
  if (ref.layer == Layer::kKey) {
    const KeyId key(ref.owner);
    if (!touched_.keys.contains(key)) touched_.keys.emplace(key, standing_key(key).digest);
  }
  position->second.row.changed = next();
  return position->second;
}

void SqliteTransaction::insert_empty_list(ListRef ref) {
  const ListRow row{ref, ListMode::kEnforce, WhenEmpty::kAllow, 0, next()};
  writes_->insert_list.execute(ref.layer, ref.owner, row.mode, row.when_empty, row.changed);
  touched_.lists.insert_or_assign(ref, TouchedPolicy::List{row, true, {}}).first->second.changed_before = next();
}

void SqliteTransaction::delete_list(ListRef ref) {
  known_list_.reset();
  writes_->delete_entries.execute(ref.layer, ref.owner);
  writes_->delete_history.execute(ref.layer, ref.owner, next());
  writes_->delete_list.execute(ref.layer, ref.owner);
}

StoreResult<ListRow> SqliteTransaction::list(ListRef ref) {
  const auto position = touched_.lists.find(ref);
  if (position != touched_.lists.end()) return position->second.row;
  return guarded([&]() -> ListRow { return standing_list(ref); });
}

const ListRow& SqliteTransaction::standing_list(ListRef ref) {
  if (!known_list_ || known_list_->ref != ref) known_list_ = reads_->list(ref);
  return *known_list_;
}

const KeyRow& SqliteTransaction::standing_key(KeyId id) {
  if (!known_key_ || known_key_->id != id) known_key_ = reads_->key(id);
  return *known_key_;
}

StoreResult<KeyRow> SqliteTransaction::key(KeyId id) {
  return guarded([&]() -> KeyRow { return standing_key(id); });
}

StoreResult<void> SqliteTransaction::update_instance(const InstanceRow& row) {
  touched_hot_rows_ = true;
  return write([&] {
    if (same_settings(reads_->instance(), row)) return;
    writes_->update_instance.execute(row.error_style, row.key_limits.entries_max, row.key_limits.floor_v4,
                                     row.key_limits.floor_v6, row.account_limits.entries_max,
                                     row.account_limits.floor_v4, row.account_limits.floor_v6,
                                     row.global_limits.entries_max, row.global_limits.floor_v4,
                                     row.global_limits.floor_v6, row.non_public_warnings, next());
    touched_.instance_error_style = row.error_style;
  });
}

StoreResult<void> SqliteTransaction::insert_account(const AccountRow& row) {
  return write([&] {
    naming_duplicates(
        [&] { writes_->insert_account.execute(row.id, row.name, row.state, row.error_style, row.created_at, next()); },
        [&] { return "an account with the name " + row.name + " exists already"; });
    insert_empty_list(ListRef::of(row.id));
    touched_.accounts.try_emplace(row.id, TouchedPolicy::Before::kAbsent);
  });
}

StoreResult<void> SqliteTransaction::update_account(const AccountRow& row) {
  return write([&] {
    const AccountRow standing = reads_->account(row.id);
    const bool same = standing.state == row.state && standing.error_style == row.error_style;
    naming_duplicates(
        [&] {
          writes_->update_account.execute(row.name, row.state, row.error_style, same ? standing.changed : next(),
                                          deleted_at(row), purge_at(row), state_before(row), row.id);
        },
        [&] { return "an account with the name " + row.name + " exists already"; });
    if (!same) touched_.accounts.try_emplace(row.id, TouchedPolicy::Before::kStanding);
  });
}

void SqliteTransaction::forget_key(KeyId id, const KeyDigest& digest) {
  known_key_.reset();
  known_list_.reset();
  touched_.keys.try_emplace(id, digest);
  touched_.lists.erase(ListRef::of(id));
}

StoreResult<void> SqliteTransaction::delete_account(AccountId id) {
  touched_hot_rows_ = true;
  return write([&] {
    static_cast<void>(reads_->account(id));
    {
      Rows keys = writes_->keys_of_account.query(id);
      while (keys.next()) {
        const KeyId key(keys.id(0));
        forget_key(key, keys.digest(1));
        writes_->delete_history.execute(Layer::kKey, key, next());
        writes_->delete_grams.execute(key, grams_of(id, keys.text(2)));
      }
    }
    writes_->delete_entries_of_keys.execute(id);
    writes_->delete_lists_of_keys.execute(id);
    writes_->delete_keys_of_account.execute(id);
    delete_list(ListRef::of(id));
    writes_->people.delete_people_of_account.execute(id);
    writes_->delete_account.execute(id);
    touched_.lists.erase(ListRef::of(id));
    touched_.accounts.try_emplace(id, TouchedPolicy::Before::kStanding);
  });
}

StoreResult<void> SqliteTransaction::insert_key(const KeyRow& row) {
  return write([&] {
    static_cast<void>(reads_->account(row.account));
    naming_duplicates(
        [&] {
          writes_->insert_key.execute(row.id, row.account, row.name, row.description, row.digest, row.hint, row.state,
                                      row.expires_at, join_scopes(row.scopes), row.created_by, row.created_at, next());
        },
        [&] {
          const auto standing = reads_->key_by_digest(row.digest);
          return "this secret is registered already, as " + (standing ? standing->id : row.id).text();
        });
    writes_->insert_grams.execute(row.id, grams_of(row.account, row.name));
    insert_empty_list(ListRef::of(row.id));
    touched_.keys.try_emplace(row.id, std::nullopt);
  });
}

StoreResult<void> SqliteTransaction::update_key(const KeyRow& row) {
  return write([&] {
    const KeyRow standing = reads_->key(row.id);
    if (standing.account != row.account) static_cast<void>(reads_->account(row.account));
    const bool same = same_policy(standing, row);
    naming_duplicates(
        [&] {
          writes_->update_key.execute(row.account, row.name, row.description, row.digest, row.hint, row.state,
                                      row.expires_at, join_scopes(row.scopes), same ? standing.changed : next(),
                                      row.id);
        },
        [&] {
          const auto other = reads_->key_by_digest(row.digest);
          return "this secret is registered already, as " + (other ? other->id : row.id).text();
        });
    known_key_.reset();
    if (standing.name != row.name || standing.account != row.account) {
      writes_->delete_grams.execute(row.id, grams_of(standing.account, standing.name));
      writes_->insert_grams.execute(row.id, grams_of(row.account, row.name));
    }
    if (!same) touched_.keys.try_emplace(row.id, standing.digest);
  });
}

StoreResult<void> SqliteTransaction::delete_key(KeyId id) {
  return write([&] {
    const KeyRow standing = reads_->key(id);
    delete_list(ListRef::of(id));
    writes_->delete_key.execute(id);
    writes_->delete_grams.execute(id, grams_of(standing.account, standing.name));
    forget_key(id, standing.digest);
  });
}

StoreResult<void> SqliteTransaction::update_list(ListRef ref, ListMode mode, WhenEmpty when_empty) {
  return write([&] {
    const auto touched = touched_.lists.find(ref);
    const ListRow standing = touched != touched_.lists.end() ? touched->second.row : standing_list(ref);
    if (standing.mode == mode && standing.when_empty == when_empty) return;
    ListRow& row = touch(ref).row;
    row.mode = mode;
    row.when_empty = when_empty;
  });
}

void SqliteTransaction::refuse_twin(ListRef ref, const EntryRow& row) {
  const std::optional<EntryRow> standing = reads_->entry_of_range(ref, row.range);
  if (!standing || standing->id == row.id) return;
  throw Failure{{StoreError::Code::kDuplicate,
                 row.range.text() + " is in this allowlist already, as " + standing->id.text(), ""}};
}

StoreResult<void> SqliteTransaction::insert_entry(ListRef ref, const EntryRow& row) {
  return write([&] { put_entry(ref, touch(ref), row); });
}

void SqliteTransaction::put_entry(ListRef ref, TouchedPolicy::List& list, const EntryRow& row) {
  naming_duplicates(
      [&] {
        writes_->insert_entry.execute(ref.layer, ref.owner, row.id, PackedRange(row.range).bytes(), row.state,
                                      row.expires_at, row.kind, row.text, row.label, row.added_by, row.added_at, next(),
                                      spread_of(row.range));
      },
      [&] {
        refuse_twin(ref, row);
        return "there is an entry " + row.id.text() + " already";
      });
  list.put(policy_of(row), TouchedPolicy::Before::kAbsent);
  ++list.row.entry_count;
  ++list.added;
}

StoreResult<void> SqliteTransaction::update_entry(ListRef ref, const EntryRow& row) {
  return write([&] {
    static_cast<void>(reads_->entry(ref, row.id));
    refuse_twin(ref, row);
    TouchedPolicy::List& list = touch(ref);
    writes_->keep_entry.execute(next(), ref.layer, ref.owner, row.id);
    writes_->update_entry.execute(PackedRange(row.range).bytes(), row.state, row.expires_at, row.kind, row.text,
                                  row.label, row.added_by, row.added_at, next(), spread_of(row.range), ref.layer,
                                  ref.owner, row.id);
    list.put(policy_of(row), TouchedPolicy::Before::kStanding);
    ++list.updated;
  });
}

StoreResult<void> SqliteTransaction::delete_entry(ListRef ref, EntryId id) {
  return write([&] {
    static_cast<void>(reads_->entry(ref, id));
    TouchedPolicy::List& list = touch(ref);
    writes_->keep_entry.execute(next(), ref.layer, ref.owner, id);
    writes_->delete_entry.execute(ref.layer, ref.owner, id);
    list.remove(id);
    --list.row.entry_count;
    ++list.removed;
  });
}

StoreResult<void> SqliteTransaction::delete_entries(ListRef ref) {
  return write([&] {
    TouchedPolicy::List& list = touch(ref);
    writes_->keep_entries.execute(next(), ref.layer, ref.owner);
    writes_->delete_entries.execute(ref.layer, ref.owner);
    list.remove_all();
    list.removed += list.row.entry_count;
    list.row.entry_count = 0;
  });
}

StoreResult<void> SqliteTransaction::change_entries(ListRef ref, const EntryChanges& changes) {
  StoreResult<void> result = write([&] {
    const auto require = [&](std::int64_t rows, EntryId id) {
      if (rows == 0) fail_not_found("there is no entry " + id.text() + " with this range in this allowlist");
    };
    TouchedPolicy::List& list = touch(ref);
    const std::size_t leaving = changes.removed.size() + changes.updated.size();
    const bool whole = leaving > 0 && leaving == list.row.entry_count;  // all of it goes into the past in one go
    if (whole) writes_->keep_entries.execute(next(), ref.layer, ref.owner);
    const auto keep = [&](EntryId id) {
      if (!whole) writes_->keep_entry.execute(next(), ref.layer, ref.owner, id);
    };
    for (const EntryId id : changes.removed) {
      keep(id);
      require(writes_->delete_entry.execute(ref.layer, ref.owner, id), id);
      list.remove(id);
    }
    list.row.entry_count -= changes.removed.size();
    list.removed += changes.removed.size();
    for (const EntryRow& row : changes.updated) {
      keep(row.id);
      require(writes_->update_entry_settings.execute(row.state, row.expires_at, row.kind, row.text, row.label,
                                                     row.added_by, row.added_at, next(), ref.layer, ref.owner, row.id,
                                                     PackedRange(row.range).bytes()),
              row.id);
      list.put(policy_of(row), TouchedPolicy::Before::kStanding);
    }
    list.updated += changes.updated.size();
    for (const EntryRow& row : changes.added) put_entry(ref, list, row);
  });
  if (!result && !broken_) broken_ = result.error();  // some of it may be written
  return result;
}

StoreResult<void> SqliteTransaction::insert_token(const TokenRow& row) {
  touched_hot_rows_ = true;
  return write([&] {
    if (row.account) static_cast<void>(reads_->account(*row.account));
    naming_duplicates(
        [&] {
          writes_->insert_token.execute(row.id, row.name, row.digest, row.hint, row.role, row.account, row.expires_at,
                                        row.revoked_at, row.created_by, row.created_at, join_ranges(row.addresses));
        },
        [] { return std::string("this token exists already"); });
  });
}

StoreResult<void> SqliteTransaction::update_token(const TokenRow& row) {
  touched_hot_rows_ = true;
  return write([&] {
    const std::int64_t changed =
        writes_->update_token.execute(row.name, row.digest, row.hint, row.role, row.account, row.expires_at,
                                      row.revoked_at, join_ranges(row.addresses), row.id);
    if (changed == 0) fail_not_found("there is no token " + row.id.text());
  });
}

std::optional<PolicyChange> SqliteTransaction::finish() {
  if (broken_) throw Failure{*broken_};
  std::optional<PolicyChange> change;
  if (!touched_.empty()) {
    write_lists();
    change = make_change();
    const std::string body = to_body(*change);
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(body.data()), body.size());
    standing_.revision = change->revision;
    writes_->insert_change.execute(change->revision, SystemClock().now(), bytes, sha256(body));
  }
  write_audit();
  return change;
}

void SqliteTransaction::write_audit() {
  for (AuditRow& row : audit_) {
    row.id = ++standing_.audit_id;
    row.revision = standing_.revision;
    standing_.audit_hash = audit_hash(standing_.audit_hash, row);
    writes_->insert_audit.execute(row.id, row.at, row.actor, row.address, row.action, row.subject, row.account,
                                  row.before, row.after, row.revision, standing_.audit_hash);
  }
}

StoreResult<void> SqliteTransaction::insert_idempotency(const IdempotencyRow& row) {
  return write([&] {
    writes_->forget_idempotency.execute(row.at.micros - kIdempotencyKeptMicros);
    naming_duplicates(
        [&] {
          writes_->insert_idempotency.execute(row.caller, row.key, row.request, row.at,
                                              std::span<const std::uint8_t>(row.sealed), row.revision);
        },
        [] { return std::string("this Idempotency-Key was used already"); });
  });
}

void SqliteTransaction::write_lists() {
  for (const auto& [ref, list] : touched_.lists) {
    writes_->update_list.execute(list.row.mode, list.row.when_empty, list.row.entry_count, list.row.changed, ref.layer,
                                 ref.owner);
    write_list_revision(list);
  }
}

void SqliteTransaction::write_list_revision(const TouchedPolicy::List& list) {
  const ListRow& row = list.row;
  const ListRef ref = row.ref;
  const std::string subject = subject_of(ref);
  const auto named =
      std::find_if(audit_.begin(), audit_.end(), [&](const AuditRow& l) { return l.subject == subject; });
  AuditRow line;
  if (named != audit_.end()) {
    line = *named;
  } else if (!audit_.empty()) {
    line = audit_.front();
  } else {
    line.at = SystemClock().now();
    line.actor = "system";
    line.action = "allowlist.change";
  }
  const std::optional<Revision> before =
      list.changed_before < row.changed ? std::optional(list.changed_before) : std::nullopt;
  writes_->insert_list_revision.execute(row.changed, ref.layer, ref.owner, before, line.at, line.actor, line.address,
                                        line.action, row.mode, row.when_empty, row.entry_count, list.added,
                                        list.updated, list.removed);
  // Not with every change, but with one of 64 changes of this list at least, whichever revisions those have.
  const auto turn_of = [](Revision revision) { return revision.value / kRevisionsBetweenForgetting; };
  const bool large = list.updated + list.removed >= kPastEntriesBetweenForgetting;
  if (large || turn_of(list.changed_before) != turn_of(row.changed)) forget_old_revisions(list);
}

void SqliteTransaction::forget_old_revisions(const TouchedPolicy::List& list) {
  const ListRef ref = list.row.ref;
  const std::size_t entries_kept = kPastEntriesKept + 4 * list.row.entry_count;
  struct Step {
    std::optional<Revision> before;
    std::size_t entries = 0;  // of the past that the revision before needs
  };
  const auto step = [&](Revision revision) -> Step {
    Rows rows = writes_->list_revision.query(revision, ref.layer, ref.owner);
    if (!rows.next()) return {};
    return {rows.is_null(0) ? std::nullopt : std::optional(rows.revision(0)),
            static_cast<std::size_t>(rows.integer(1))};
  };
  Revision oldest = list.row.changed;
  Step next = step(oldest);
  std::size_t entries = next.entries;
  for (std::size_t count = 1; next.before && count < kListRevisionsKept && (count < 2 || entries <= entries_kept);
       ++count) {
    oldest = *next.before;
    next = step(oldest);
    entries += next.entries;
  }
  if (!next.before) return;
  writes_->begin_history_at.execute(oldest, ref.layer, ref.owner);
  writes_->forget_past_entries.execute(oldest, ref.layer, ref.owner);
  while (next.before) {
    const Revision forgotten = *next.before;
    next = step(forgotten);
    writes_->forget_list_revision.execute(forgotten, ref.layer, ref.owner);
  }
}

PolicyChange SqliteTransaction::make_change() {
  PolicyChange change;
  change.revision = next();
  change.instance_error_style = touched_.instance_error_style;
  add_accounts(change);
  add_keys(change);
  for (const auto& [ref, list] : touched_.lists) {
    if (ref.layer != Layer::kKey) change.lists.push_back(delta_of(list));
  }
  return change;
}

void SqliteTransaction::add_accounts(PolicyChange& change) {
  for (const auto& [id, before] : touched_.accounts) {
    const StoreResult<AccountRow> row = account(id);
    if (row) {
      AccountPolicy policy;
      policy.id = id;
      policy.state = row->state;
      policy.error_style = row->error_style;
      change.accounts.push_back(std::move(policy));
    } else if (row.error().code != StoreError::Code::kNotFound) {
      throw Failure{row.error()};
    } else if (before == TouchedPolicy::Before::kStanding) {
      change.removed_accounts.push_back(id);
    }
  }
}

void SqliteTransaction::add_keys(PolicyChange& change) {
  std::vector<std::uint8_t> packed;
  for (const auto& [id, digest_before] : touched_.keys) {
    const StoreResult<KeyRow> row = key(id);
    if (!row && row.error().code != StoreError::Code::kNotFound) throw Failure{row.error()};
    if (digest_before && (!row || row->digest != *digest_before)) change.removed_digests.push_back(*digest_before);
    if (!row) continue;
    const ListRef ref = ListRef::of(id);
    const auto written = touched_.lists.find(ref);
    const ListRow list = written != touched_.lists.end() ? written->second.row : reads_->list(ref);
    KeyPolicy policy{id,
                     row->account,
                     row->digest,
                     row->state,
                     row->expires_at,
                     row->scopes,
                     {list.mode, list.when_empty, reads_->policy_entries(ref)}};
    pack_key_policy(policy, packed);
    writes_->put_key_policy.execute(id, std::span<const std::uint8_t>(packed));
    change.keys.push_back(std::move(policy));
  }
  // A digest that moved from one key to another is not gone.
  std::set<KeyDigest> standing;
  for (const KeyPolicy& policy : change.keys) standing.insert(policy.digest);
  std::erase_if(change.removed_digests, [&](const KeyDigest& digest) { return standing.contains(digest); });
  std::sort(change.removed_digests.begin(), change.removed_digests.end());
}

}  // namespace keyfence::sqlite
