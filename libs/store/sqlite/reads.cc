#include "libs/store/sqlite/reads.h"

#include <algorithm>
#include <limits>

#include "libs/store/packed_policy.h"
#include "libs/store/sqlite/name_grams.h"
#include "libs/store/sqlite/row_sets.h"

namespace keyfence::sqlite {
namespace {

std::optional<int> optional_int(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return static_cast<int>(rows.integer(column));
}

ListLimits limits_of(const Rows& rows, int column) {
  return {static_cast<std::size_t>(rows.integer(column)), optional_int(rows, column + 1),
          optional_int(rows, column + 2)};
}

AccountRow account_of(const Rows& rows) {
  AccountRow row;
  row.id = AccountId(rows.id(0));
  row.name = rows.text(1);
  row.state = rows.enumerator(2, AccountState::kActive);
  row.error_style = rows.optional_enumerator(3, ErrorStyle::kProblem);
  row.created_at = rows.timestamp(4);
  row.changed = rows.revision(5);
  if (!rows.is_null(6)) {
    row.deletion = {rows.timestamp(6), rows.timestamp(7), rows.enumerator(8, AccountState::kActive)};
  }
  return row;
}

AccountId account_id_of(const Rows& rows) {
  return AccountId(rows.id(0));
}

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> scopes;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    scopes.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return scopes;
}

// Canonical texts with spaces between them.
std::vector<IpRange> split_ranges(std::string_view text) {
  std::vector<IpRange> ranges;
  for (const std::string& one : split_scopes(text)) {
    const auto entry = parse_entry(one);
    if (!entry) fail_corrupt("a token's addresses are malformed");
    ranges.push_back(entry->range);
  }
  return ranges;
}

KeyRow key_of(const Rows& rows) {
  KeyRow row;
  row.id = KeyId(rows.id(0));
  row.account = AccountId(rows.id(1));
  row.name = rows.text(2);
  row.description = rows.text(3);
  row.digest = rows.digest(4);
  row.hint = rows.text(5);
  row.state = rows.enumerator(6, KeyState::kActive);
  row.expires_at = rows.optional_seconds(7);
  row.scopes = split_scopes(rows.text(8));
  row.created_by = rows.text(9);
  row.created_at = rows.timestamp(10);
  row.changed = rows.revision(11);
  return row;
}

ListedKey listed_key_of(const Rows& rows) {
  ListedKey row{key_of(rows), {}};
  row.list.ref = ListRef::of(row.key.id);
  row.list.mode = rows.enumerator(12, ListMode::kOff);
  row.list.when_empty = rows.enumerator(13, WhenEmpty::kAllow);
  row.list.entry_count = static_cast<std::size_t>(rows.integer(14));
  row.list.changed = rows.revision(15);
  return row;
}

TokenRow token_of(const Rows& rows) {
  TokenRow row;
  row.id = TokenId(rows.id(0));
  row.name = rows.text(1);
  row.digest = rows.digest(2);
  row.hint = rows.text(3);
  row.role = rows.enumerator(4, Role::kOperator);
  if (!rows.is_null(5)) row.account = AccountId(rows.id(5));
  row.expires_at = rows.optional_seconds(6);
  row.revoked_at = rows.optional_timestamp(7);
  row.created_by = rows.text(8);
  row.created_at = rows.timestamp(9);
  row.addresses = split_ranges(rows.text(10));
  row.last_used_at = rows.optional_timestamp(11);
  return row;
}

ListRevisionRow list_revision_of(const Rows& rows) {
  ListRevisionRow row;
  row.list.ref = {rows.enumerator(0, Layer::kKey), rows.id(1)};
  row.list.changed = rows.revision(2);
  row.at = rows.timestamp(3);
  row.actor = rows.text(4);
  row.address = rows.text(5);
  row.action = rows.text(6);
  row.list.mode = rows.enumerator(7, ListMode::kOff);
  row.list.when_empty = rows.enumerator(8, WhenEmpty::kAllow);
  row.list.entry_count = static_cast<std::size_t>(rows.integer(9));
  row.added = static_cast<std::size_t>(rows.integer(10));
  row.updated = static_cast<std::size_t>(rows.integer(11));
  row.removed = static_cast<std::size_t>(rows.integer(12));
  return row;
}

IdempotencyRow idempotency_of(const Rows& rows) {
  const std::span<const std::uint8_t> sealed = rows.blob(4);
  return {std::string(rows.text(0)),      rows.digest(1),  rows.digest(2), rows.timestamp(3),
          {sealed.begin(), sealed.end()}, rows.revision(5)};
}

// The pattern of LIKE that finds the text anywhere.
std::string pattern_of(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  pattern += '%';
  return pattern;
}

}  // namespace

void fail_not_found(std::string message) {
  throw Failure{{StoreError::Code::kNotFound, std::move(message), ""}};
}

void fail_corrupt(std::string detail) {
  throw Failure{{StoreError::Code::kCorrupt,
                 "the store's file is damaged; stop Keyfence and restore the data directory from a backup",
                 std::move(detail)}};
}

IpRange range_of(const Rows& rows, int column) {
  const std::optional<IpRange> range = unpack_range(rows.blob(column));
  if (!range) fail_corrupt("an entry's range is malformed");
  return *range;
}

EntryRow entry_of(const Rows& rows) {
  EntryRow row;
  row.id = EntryId(rows.id(0));
  row.range = range_of(rows, 1);
  row.state = rows.enumerator(2, EntryState::kEnabled);
  row.expires_at = rows.optional_seconds(3);
  row.kind = rows.enumerator(4, EntryKind::kRange);
  row.text = rows.text(5);
  row.label = rows.text(6);
  row.added_by = rows.text(7);
  row.added_at = rows.timestamp(8);
  return row;
}

Reads::Reads(Connection& connection)
    : people(connection),
      connection_(&connection),
      instance_(connection,
                "SELECT epoch, error_style, key_entries_max, key_floor_v4, key_floor_v6, account_entries_max,"
                " account_floor_v4, account_floor_v6, global_entries_max, global_floor_v4, global_floor_v6,"
                " non_public_warnings, changed FROM instance"),
      revision_(connection, "SELECT revision FROM counter"),
      account_(connection,
               "SELECT id, name, state, error_style, created_at, changed, deleted_at, purge_at, state_before FROM "
               "accounts WHERE id = ?"),
      account_by_name_(connection,
                       "SELECT id, name, state, error_style, created_at, changed, deleted_at, purge_at, state_before "
                       "FROM accounts WHERE name = ?"),
      accounts_(connection,
                "SELECT id, name, state, error_style, created_at, changed, deleted_at, purge_at, state_before FROM "
                "accounts WHERE id > ? ORDER BY id"
                " LIMIT ?"),
      // A state of 1 is active, a condition of 0.
      accounts_in_(connection,
                   "SELECT id, name, state, error_style, created_at, changed, deleted_at, purge_at, state_before FROM"
                   " accounts WHERE id > ?1 AND CASE WHEN deleted_at IS NULL THEN 1 - state ELSE 2 END = ?2 ORDER BY id"
                   " LIMIT ?3"),
      accounts_to_purge_(connection, "SELECT id FROM accounts WHERE purge_at <= ? ORDER BY id"),
      key_(connection,
           "SELECT id, account, name, description, digest, hint, state, expires_at, scopes, created_by, created_at,"
           " changed FROM keys WHERE id = ?"),
      key_by_digest_(connection,
                     "SELECT id, account, name, description, digest, hint, state, expires_at, scopes, created_by,"
                     " created_at, changed FROM keys WHERE digest = ?"),
      keys_(connection,
            "SELECT id, account, name, description, digest, hint, state, expires_at, scopes, created_by, created_at,"
            " changed FROM keys WHERE id > ? ORDER BY id LIMIT ?"),
      keys_of_account_(connection,
                       "SELECT id, account, name, description, digest, hint, state, expires_at, scopes, created_by,"
                       " created_at, changed FROM keys WHERE account = ? AND id > ? ORDER BY id LIMIT ?"),
      keys_named_(connection,
                  "SELECT k.id, k.account, k.name, k.description, k.digest, k.hint, k.state, k.expires_at, k.scopes,"
                  " k.created_by, k.created_at, k.changed FROM key_grams AS n CROSS JOIN keys AS k ON k.id = n.rowid"
                  " WHERE key_grams MATCH ? AND n.rowid > ? AND k.name LIKE ? ESCAPE '\\' ORDER BY n.rowid LIMIT ?"),
      // Conditions as in KeyCondition (states are 2 active, 1 disabled, 0 revoked), restrictions as in Restriction; one
      // below 0 is every one.
      listed_keys_(connection,
                   "SELECT k.id, k.account, k.name, k.description, k.digest, k.hint, k.state, k.expires_at, k.scopes,"
                   " k.created_by, k.created_at, k.changed, l.mode, l.when_empty, l.entry_count, l.changed"
                   " FROM keys AS k CROSS JOIN lists AS l ON l.layer = 3 AND l.owner = k.id"
                   " WHERE k.account = ?1 AND k.id > ?2"
                   " AND (?3 < 0 OR ?3 = CASE WHEN k.state = 2 AND k.expires_at <= ?5 THEN 3 ELSE 2 - k.state END)"
                   " AND (?4 < 0 OR ?4 = (l.mode = 0 AND (l.entry_count > 0 OR l.when_empty = 0)))"
                   " ORDER BY k.id LIMIT ?6"),
      listed_keys_named_(
          connection,
          "SELECT k.id, k.account, k.name, k.description, k.digest, k.hint, k.state, k.expires_at, k.scopes,"
          " k.created_by, k.created_at, k.changed, l.mode, l.when_empty, l.entry_count, l.changed"
          " FROM key_grams AS n CROSS JOIN keys AS k ON k.id = n.rowid"
          " CROSS JOIN lists AS l ON l.layer = 3 AND l.owner = k.id"
          " WHERE key_grams MATCH ?1 AND n.rowid > ?2 AND k.name LIKE ?7 ESCAPE '\\'"
          " AND (?3 < 0 OR ?3 = CASE WHEN k.state = 2 AND k.expires_at <= ?5 THEN 3 ELSE 2 - k.state END)"
          " AND (?4 < 0 OR ?4 = (l.mode = 0 AND (l.entry_count > 0 OR l.when_empty = 0)))"
          " ORDER BY n.rowid LIMIT ?6"),
      list_(connection, "SELECT mode, when_empty, entry_count, changed FROM lists WHERE layer = ? AND owner = ?"),
      entries_(connection,
               "SELECT id, range, state, expires_at, kind, text, label, added_by, added_at FROM entries"
               " WHERE layer = ? AND owner = ? AND id > ? ORDER BY id LIMIT ?"),
      entry_(connection,
             "SELECT id, range, state, expires_at, kind, text, label, added_by, added_at FROM entries"
             " WHERE layer = ? AND owner = ? AND id = ?"),
      entry_of_range_(connection,
                      "SELECT id, range, state, expires_at, kind, text, label, added_by, added_at FROM entries"
                      " WHERE layer = ? AND owner = ? AND range = ?"),
      entries_within_(connection,
                      "SELECT id, range, state, expires_at, kind, text, label, added_by, added_at FROM entries"
                      " WHERE layer = ? AND owner = ? AND range >= ? AND range <= ? ORDER BY range LIMIT ?"),
      policy_entries_(connection,
                      "SELECT id, range, state, expires_at FROM entries WHERE layer = ? AND owner = ? ORDER BY id"),
      next_spread_(connection,
                   "SELECT spread FROM entries INDEXED BY entries_by_spread"
                   " WHERE layer = ? AND owner = ? AND spread > ? ORDER BY spread LIMIT 1"),
      entries_of_spread_(
          connection,
          "SELECT id, range, state, expires_at, kind, text, label, added_by, added_at FROM entries"
          " INDEXED BY entries_by_spread WHERE layer = ? AND owner = ? AND spread = ? AND range >= ? AND range <= ?"),
      newest_revision_(connection, "SELECT changed FROM lists WHERE layer = ? AND owner = ?"),
      list_revision_(connection,
                     "SELECT layer, owner, revision, at, actor, address, action, mode, when_empty, entry_count, added,"
                     " updated, removed, before FROM list_history"
                     " WHERE revision = ? AND layer = ? AND owner = ? AND of_entry = 0 AND entry = 0"),
      entries_at_(connection,
                  "WITH RECURSIVE later (revision) AS ("
                  "  SELECT changed FROM lists WHERE layer = ?1 AND owner = ?2 AND changed > ?3"
                  "  UNION ALL SELECT h.before FROM later JOIN list_history AS h ON h.revision = later.revision"
                  "    AND h.layer = ?1 AND h.owner = ?2 AND h.of_entry = 0 AND h.entry = 0 WHERE h.before > ?3)"
                  " SELECT id, range, state, expires_at, kind, text, label, added_by, added_at FROM entries"
                  " WHERE layer = ?1 AND owner = ?2 AND id > ?4 AND since <= ?3"
                  " UNION ALL SELECT entry, range, state, expires_at, kind, text, label, added_by, added_at"
                  " FROM later CROSS JOIN list_history AS h ON h.revision = later.revision AND h.layer = ?1"
                  " AND h.owner = ?2 AND h.of_entry = 1 AND h.since <= ?3 AND h.entry > ?4 ORDER BY 1 LIMIT ?5"),
      token_by_digest_(connection,
                       "SELECT id, name, digest, hint, role, account, expires_at, revoked_at, created_by, created_at,"
                       " addresses, last_used_at FROM tokens WHERE digest = ?"),
      token_(connection,
             "SELECT id, name, digest, hint, role, account, expires_at, revoked_at, created_by, created_at,"
             " addresses, last_used_at FROM tokens WHERE id = ?"),
      tokens_(connection,
              "SELECT id, name, digest, hint, role, account, expires_at, revoked_at, created_by, created_at,"
              " addresses, last_used_at FROM tokens WHERE id > ? ORDER BY id LIMIT ?"),
      tokens_of_account_(connection,
                         "SELECT id, name, digest, hint, role, account, expires_at, revoked_at, created_by, created_at,"
                         " addresses, last_used_at FROM tokens WHERE account = ? AND id > ? ORDER BY id LIMIT ?"),
      audit_(connection),
      changes_(connection,
               "SELECT revision, at, body, sha256 FROM changes WHERE revision > ? ORDER BY revision LIMIT ?"),
      idempotency_(connection,
                   "SELECT caller, key, request, at, sealed, revision FROM idempotency WHERE caller = ? AND key = ?"),
      seal_(connection, "SELECT seal FROM instance") {}

InstanceRow Reads::instance() {
  Rows rows = instance_.query();
  if (!rows.next()) fail_corrupt("the instance row is missing");
  InstanceRow row;
  row.epoch = rows.id(0);
  row.error_style = rows.enumerator(1, ErrorStyle::kProblem);
  row.key_limits = limits_of(rows, 2);
  row.account_limits = limits_of(rows, 5);
  row.global_limits = limits_of(rows, 8);
  row.non_public_warnings = rows.enumerator(11, NonPublicWarnings::kOn);
  row.changed = rows.revision(12);
  return row;
}

Revision Reads::revision() {
  Rows rows = revision_.query();
  if (!rows.next()) fail_corrupt("the revision counter is missing");
  return rows.revision(0);
}

AccountRow Reads::account(AccountId id) {
  Rows rows = account_.query(id);
  if (!rows.next()) fail_not_found("there is no account " + id.text());
  return account_of(rows);
}

std::optional<AccountRow> Reads::account_by_name(std::string_view name) {
  return at_most_one(account_by_name_.query(name), account_of);
}

std::vector<AccountRow> Reads::accounts(PageRequest page) {
  return all(accounts_.query(clamped(page.after), clamped(page.limit)), account_of);
}

std::vector<AccountRow> Reads::accounts_in(AccountCondition condition, PageRequest page) {
  return all(accounts_in_.query(clamped(page.after), condition, clamped(page.limit)), account_of);
}

std::vector<AccountId> Reads::accounts_to_purge(Timestamp now) {
  return all(accounts_to_purge_.query(now), account_id_of);
}

KeyRow Reads::key(KeyId id) {
  Rows rows = key_.query(id);
  if (!rows.next()) fail_not_found("there is no key " + id.text());
  return key_of(rows);
}

std::optional<KeyRow> Reads::key_by_digest(const KeyDigest& digest) {
  return at_most_one(key_by_digest_.query(digest), key_of);
}

std::vector<KeyRow> Reads::keys(std::optional<AccountId> account, std::string_view name_contains, PageRequest page) {
  const std::int64_t after = clamped(page.after);
  const std::int64_t limit = clamped(page.limit);
  if (name_contains.empty()) {
    return account ? all(keys_of_account_.query(*account, after, limit), key_of)
                   : all(keys_.query(after, limit), key_of);
  }
  if (name_contains.find('\0') != std::string_view::npos) return {};  // no name does
  const std::string query = account ? query_for(*account, name_contains) : query_for(name_contains);
  return all(keys_named_.query(query, after, pattern_of(name_contains), limit), key_of);
}

std::vector<ListedKey> Reads::listed_keys(const KeyFilter& filter, PageRequest page) {
  const std::int64_t after = clamped(page.after);
  const std::int64_t limit = clamped(page.limit);
  const std::int64_t condition = filter.condition ? static_cast<std::int64_t>(*filter.condition) : -1;
  const std::int64_t restriction = filter.restriction ? static_cast<std::int64_t>(*filter.restriction) : -1;
  const std::string& name = filter.name_contains;
  if (name.empty()) {
    return all(listed_keys_.query(filter.account, after, condition, restriction, filter.now, limit), listed_key_of);
  }
  if (name.find('\0') != std::string::npos) return {};  // no name does
  return all(listed_keys_named_.query(query_for(filter.account, name), after, condition, restriction, filter.now, limit,
                                      pattern_of(name)),
             listed_key_of);
}

ListRow Reads::list(ListRef ref) {
  Rows rows = list_.query(ref.layer, ref.owner);
  if (!rows.next()) fail_not_found("there is no such allowlist");
  ListRow row;
  row.ref = ref;
  row.mode = rows.enumerator(0, ListMode::kOff);
  row.when_empty = rows.enumerator(1, WhenEmpty::kAllow);
  row.entry_count = static_cast<std::size_t>(rows.integer(2));
  row.changed = rows.revision(3);
  return row;
}

std::vector<EntryRow> Reads::entries(ListRef ref, PageRequest page) {
  auto rows = all(entries_.query(ref.layer, ref.owner, clamped(page.after), clamped(page.limit)), entry_of);
  if (rows.empty()) static_cast<void>(list(ref));  // none, or no such list
  return rows;
}

EntryRow Reads::entry(ListRef ref, EntryId id) {
  Rows rows = entry_.query(ref.layer, ref.owner, id);
  if (!rows.next()) fail_not_found("there is no entry " + id.text() + " in this allowlist");
  return entry_of(rows);
}

std::optional<EntryRow> Reads::entry_of_range(ListRef ref, const IpRange& range) {
  return at_most_one(entry_of_range_.query(ref.layer, ref.owner, PackedRange(range).bytes()), entry_of);
}

template <class Visit>
void Reads::walk_history(ListRef ref, std::optional<Revision> from, Visit&& visit) {
  if (!from) {
    Rows rows = newest_revision_.query(ref.layer, ref.owner);
    if (!rows.next()) return;
    from = rows.revision(0);
  }
  while (from) {
    Rows rows = list_revision_.query(*from, ref.layer, ref.owner);
    if (!rows.next()) fail_corrupt("revision " + std::to_string(from->value) + " of a list is missing");
    from = rows.is_null(13) ? std::nullopt : std::optional(rows.revision(13));
    if (!visit(list_revision_of(rows))) return;
  }
}

std::optional<Revision> Reads::known_revision(ListRef ref, Revision revision) {
  if (revision.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  Rows rows = list_revision_.query(revision, ref.layer, ref.owner);
  return rows.next() ? std::optional(revision) : std::nullopt;
}

std::vector<ListRevisionRow> Reads::list_revisions(ListRef ref, PageRequest page) {
  std::vector<ListRevisionRow> revisions;
  if (page.limit == 0) return revisions;
  const ReadSnapshot snapshot(*connection_);
  const Revision before{page.after};
  const bool is_first = before.value == 0;
  walk_history(ref, is_first ? std::nullopt : known_revision(ref, before), [&](ListRevisionRow row) {
    if (is_first || row.list.changed < before) revisions.push_back(std::move(row));
    return revisions.size() < page.limit;
  });
  return revisions;
}

ListRevisionRow Reads::list_at(ListRef ref, Revision revision) {
  const ReadSnapshot snapshot(*connection_);
  std::optional<ListRevisionRow> found;
  walk_history(ref, known_revision(ref, revision), [&](ListRevisionRow row) {
    if (row.list.changed <= revision) found = std::move(row);
    return !found;
  });
  if (!found) fail_not_found("this allowlist is not known as of revision " + std::to_string(revision.value));
  return *std::move(found);
}

std::vector<EntryRow> Reads::entries_at(ListRef ref, Revision revision, PageRequest page) {
  return all(entries_at_.query(ref.layer, ref.owner, clamped(revision.value), clamped(page.after), clamped(page.limit)),
             entry_of);
}

std::optional<TokenRow> Reads::token_by_digest(const KeyDigest& digest) {
  return at_most_one(token_by_digest_.query(digest), token_of);
}

TokenRow Reads::token(TokenId id) {
  Rows rows = token_.query(id);
  if (!rows.next()) fail_not_found("there is no token " + id.text());
  return token_of(rows);
}

std::vector<TokenRow> Reads::tokens_of_account(AccountId account, PageRequest page) {
  return all(tokens_of_account_.query(account, clamped(page.after), clamped(page.limit)), token_of);
}

std::vector<TokenRow> Reads::tokens(PageRequest page) {
  return all(tokens_.query(clamped(page.after), clamped(page.limit)), token_of);
}

std::vector<AuditRow> Reads::audit(const AuditFilter& filter, PageRequest page) {
  return audit_.lines(filter, page);
}

std::optional<IdempotencyRow> Reads::idempotency(std::string_view caller, const KeyDigest& key) {
  return at_most_one(idempotency_.query(caller, key), idempotency_of);
}

KeyDigest Reads::seal() {
  Rows rows = seal_.query();
  if (!rows.next()) fail_corrupt("the instance row is missing");
  return rows.digest(0);
}

// Bodies of imports are long: what is answered at once is bounded by bytes too, but for the first row.
std::vector<ChangeRow> Reads::changes(Revision after, std::size_t limit) {
  constexpr std::size_t kBytesMax = std::size_t{16} * 1024 * 1024;
  std::size_t bytes = 0;
  Rows rows = changes_.query(clamped(after.value), clamped(limit));
  std::vector<ChangeRow> out;
  while (bytes < kBytesMax && rows.next()) {
    out.push_back({rows.revision(0), rows.timestamp(1), std::string(rows.text(2)), rows.digest(3)});
    bytes += out.back().body.size();
  }
  return out;
}

std::vector<PolicyEntry> Reads::policy_entries(ListRef ref) {
  Rows rows = policy_entries_.query(ref.layer, ref.owner);
  std::vector<PolicyEntry> out;
  while (rows.next()) {
    out.push_back(
        {EntryId(rows.id(0)), range_of(rows, 1), rows.enumerator(2, EntryState::kEnabled), rows.optional_seconds(3)});
  }
  return out;
}

}  // namespace keyfence::sqlite
