#include "libs/store/sqlite/migrations.h"

#include <array>

#include "libs/base/random.h"
#include "libs/store/audit_chain.h"
#include "libs/store/sqlite/name_grams.h"
#include "libs/store/sqlite/reads.h"

namespace keyfence::sqlite {
namespace {

struct Migration {
  int number;
  Sql sql;
  void (*then)(Connection&);  // what SQL cannot do; nullptr: nothing
};

// Layers and states are the numbers of their enumerators. A range is its first and last address in network order, 4 or
// 16 bytes each, or one of them where both are the same: the length tells the form, so a range has one spelling.
constexpr Sql kFirstSchema = R"sql(
CREATE TABLE counter (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  revision INTEGER NOT NULL
) STRICT;
INSERT INTO counter (only, revision) VALUES (1, 0);

CREATE TABLE instance (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  epoch INTEGER NOT NULL,
  error_style INTEGER NOT NULL,
  key_entries_max INTEGER NOT NULL, key_floor_v4 INTEGER, key_floor_v6 INTEGER,
  account_entries_max INTEGER NOT NULL, account_floor_v4 INTEGER, account_floor_v6 INTEGER,
  global_entries_max INTEGER NOT NULL, global_floor_v4 INTEGER, global_floor_v6 INTEGER,
  non_public_warnings INTEGER NOT NULL,
  changed INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  error_style INTEGER,
  created_at INTEGER NOT NULL,
  changed INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  hint TEXT NOT NULL,
  state INTEGER NOT NULL,
  expires_at INTEGER,
  scopes TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  changed INTEGER NOT NULL
) STRICT;
CREATE INDEX keys_by_account ON keys (account, id);

-- What the policy image needs of a key with its list, packed: written with every change of either.
CREATE TABLE key_policies (
  key INTEGER PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
  packed BLOB NOT NULL
) STRICT;

CREATE TABLE lists (
  layer INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  when_empty INTEGER NOT NULL,
  entry_count INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (layer, owner)
) STRICT, WITHOUT ROWID;
INSERT INTO lists (layer, owner, mode, when_empty, entry_count, changed) VALUES (1, 0, 0, 1, 0, 0);

-- Without a foreign key to lists, which costs a sixth of an import: entries are only written through their list.
CREATE TABLE entries (
  layer INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  id INTEGER NOT NULL,
  range BLOB NOT NULL CHECK (length(range) IN (4, 8, 16, 32)),
  state INTEGER NOT NULL,
  expires_at INTEGER,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  label TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (layer, owner, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entries_by_range ON entries (layer, owner, range);

CREATE TABLE tokens (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  hint TEXT NOT NULL,
  role INTEGER NOT NULL,
  account INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
  expires_at INTEGER,
  revoked_at INTEGER,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_by_account ON tokens (account);

CREATE TABLE changes (
  revision INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32)
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  account INTEGER,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_by_account ON audit (account, id);

-- Finds keys by a part of their name.
CREATE VIRTUAL TABLE key_names USING fts5 (name, content = 'keys', content_rowid = 'id', tokenize = 'trigram');
CREATE TRIGGER key_names_insert AFTER INSERT ON keys BEGIN
  INSERT INTO key_names (rowid, name) VALUES (new.id, new.name);
END;
CREATE TRIGGER key_names_delete AFTER DELETE ON keys BEGIN
  INSERT INTO key_names (key_names, rowid, name) VALUES ('delete', old.id, old.name);
END;
CREATE TRIGGER key_names_update AFTER UPDATE OF name ON keys WHEN new.name IS NOT old.name BEGIN
  INSERT INTO key_names (key_names, rowid, name) VALUES ('delete', old.id, old.name);
  INSERT INTO key_names (rowid, name) VALUES (new.id, new.name);
END;
)sql";

// People, and what they sign in with.
constexpr Sql kPeople = R"sql(
CREATE TABLE people (
  id INTEGER PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  reach INTEGER NOT NULL,
  totp BLOB,
  totp_pending BLOB,
  totp_step INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_sign_in_at INTEGER
) STRICT;

CREATE TABLE memberships (
  account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  role INTEGER NOT NULL CHECK (role IN (0, 1, 2)),
  joined_at INTEGER NOT NULL,
  PRIMARY KEY (account, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_person ON memberships (person, account);

CREATE TABLE invitations (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  login TEXT NOT NULL,
  role INTEGER NOT NULL CHECK (role IN (0, 1, 2)),
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  invited_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX invitations_by_account ON invitations (account, id);

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  stage INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_person ON sessions (person, id);

CREATE TABLE recovery_codes (
  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  PRIMARY KEY (person, digest)
) STRICT, WITHOUT ROWID;

-- Browsers that a person has signed in with.
CREATE TABLE devices (
  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (person, digest)
) STRICT, WITHOUT ROWID;

ALTER TABLE tokens ADD COLUMN addresses TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN last_used_at INTEGER;

ALTER TABLE accounts ADD COLUMN deleted_at INTEGER;
ALTER TABLE accounts ADD COLUMN purge_at INTEGER;
ALTER TABLE accounts ADD COLUMN state_before INTEGER;
CREATE INDEX accounts_by_purge ON accounts (purge_at) WHERE purge_at IS NOT NULL;
)sql";

// The history of lists, the chain of the audit log, and answers that are given again.
constexpr Sql kKeptChanges = R"sql(
-- The revision that wrote the row as it stands, and rows as they stood before a later one.
ALTER TABLE entries ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
CREATE TABLE past_entries (
  layer INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  until INTEGER NOT NULL,
  id INTEGER NOT NULL,
  since INTEGER NOT NULL,
  range BLOB NOT NULL,
  state INTEGER NOT NULL,
  expires_at INTEGER,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  label TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (layer, owner, until, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE list_revisions (
  layer INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  mode INTEGER NOT NULL,
  when_empty INTEGER NOT NULL,
  entry_count INTEGER NOT NULL,
  added INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  PRIMARY KEY (layer, owner, revision)
) STRICT, WITHOUT ROWID;
INSERT INTO list_revisions (layer, owner, revision, at, actor, address, action, mode, when_empty, entry_count, added,
  updated, removed)
  SELECT layer, owner, changed, unixepoch() * 1000000, 'system', '', 'history.begin', mode, when_empty, entry_count, 0,
    0, 0 FROM lists;

ALTER TABLE audit ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX audit_by_subject ON audit (subject, id);
-- The newest line: rows that are taken away from the end are missed.
CREATE TABLE audit_head (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  id INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_head (only, id, hash) VALUES (1, 0, zeroblob(32));

CREATE TABLE idempotency (
  caller TEXT NOT NULL,
  key BLOB NOT NULL,
  request BLOB NOT NULL,
  at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (at);

ALTER TABLE instance ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
)sql";

// Ranges are found by their length, and what an answer that is given again has to wait for is known.
constexpr Sql kSpreads = R"sql(
ALTER TABLE entries ADD COLUMN spread INTEGER;
CREATE INDEX entries_by_spread ON entries (layer, owner, spread, range) WHERE spread IS NOT NULL;
ALTER TABLE idempotency ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
)sql";

void measure_ranges(Connection& connection) {
  Statement ranges(connection, "SELECT layer, owner, id, range FROM entries WHERE kind = 2");
  Statement update(connection, "UPDATE entries SET spread = ? WHERE layer = ? AND owner = ? AND id = ?");
  Rows rows = ranges.query();
  while (rows.next()) {
    update.execute(spread_of(range_of(rows, 3)), rows.integer(0), rows.id(1), rows.id(2));
  }
}

// Keys are found by a part of their name however short it is; the index before began at three characters.
constexpr Sql kNameGrams = R"sql(
DROP TRIGGER key_names_insert;
DROP TRIGGER key_names_delete;
DROP TRIGGER key_names_update;
DROP TABLE key_names;
-- See name_grams.h. Written with every key, beside it.
CREATE VIRTUAL TABLE key_grams USING fts5 (grams, content = '', columnsize = 0, detail = 'none', tokenize = 'ascii');
)sql";

// A list's history in one table, in the order in which it was made: what a change writes of it stands at the table's
// end, with that of all other changes. With a million keys each page that is saved is one less for the disk to take.
constexpr Sql kHistoryInOrder = R"sql(
-- Of each revision of a list what it made of the list (of_entry 0, entry 0), with the revision of the list before it, and
-- entries as they stood until then. The newest is the list's own "changed".
CREATE TABLE list_history (
  revision INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  of_entry INTEGER NOT NULL,
  entry INTEGER NOT NULL,
  before INTEGER,
  at INTEGER,
  actor TEXT,
  address TEXT,
  action TEXT,
  mode INTEGER,
  when_empty INTEGER,
  entry_count INTEGER,
  added INTEGER,
  updated INTEGER,
  removed INTEGER,
  since INTEGER,
  range BLOB,
  state INTEGER,
  expires_at INTEGER,
  kind INTEGER,
  text TEXT,
  label TEXT,
  added_by TEXT,
  added_at INTEGER,
  PRIMARY KEY (revision, layer, owner, of_entry, entry)
) STRICT, WITHOUT ROWID;
INSERT INTO list_history (revision, layer, owner, of_entry, entry, before, at, actor, address, action, mode, when_empty,
  entry_count, added, updated, removed)
  SELECT revision, layer, owner, 0, 0, lag(revision) OVER (PARTITION BY layer, owner ORDER BY revision), at, actor,
    address, action, mode, when_empty, entry_count, added, updated, removed FROM list_revisions
    ORDER BY revision, layer, owner;
INSERT INTO list_history (revision, layer, owner, of_entry, entry, since, range, state, expires_at, kind, text, label,
  added_by, added_at)
  SELECT until, layer, owner, 1, id, since, range, state, expires_at, kind, text, label, added_by, added_at
    FROM past_entries ORDER BY until, layer, owner, id;
DROP TABLE list_revisions;
DROP TABLE past_entries;
)sql";

void make_instance(Connection& connection) {
  const InstanceRow row;
  Statement insert(connection, "INSERT INTO instance VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)");
  insert.execute(random_u64(), row.error_style, row.key_limits.entries_max, row.key_limits.floor_v4,
                 row.key_limits.floor_v6, row.account_limits.entries_max, row.account_limits.floor_v4,
                 row.account_limits.floor_v6, row.global_limits.entries_max, row.global_limits.floor_v4,
                 row.global_limits.floor_v6, row.non_public_warnings);
}

// Reads, which prepares statements over tables of later migrations too, is of no use here.
void chain_audit(Connection& connection) {
  Statement lines(connection,
                  "SELECT id, at, actor, address, action, subject, account, before, after, revision, zeroblob(32)"
                  " FROM audit ORDER BY id");
  Statement update(connection, "UPDATE audit SET hash = ? WHERE id = ?");
  KeyDigest hash;
  std::uint64_t id = 0;
  Rows rows = lines.query();
  while (rows.next()) {
    const AuditRow row = audit_of(rows);
    hash = audit_hash(hash, row);
    id = row.id;
    update.execute(hash, id);
  }
  Statement(connection, "UPDATE audit_head SET id = ?, hash = ?").execute(id, hash);
}

void keep_changes(Connection& connection) {
  KeyDigest seal;
  fill_random(seal.bytes);
  Statement(connection, "UPDATE instance SET seal = ?").execute(seal);
  chain_audit(connection);
}

void index_names(Connection& connection) {
  Statement keys(connection, "SELECT id, account, name FROM keys ORDER BY id");
  Statement insert(connection, "INSERT INTO key_grams (rowid, grams) VALUES (?, ?)");
  Rows rows = keys.query();
  while (rows.next()) insert.execute(rows.id(0), grams_of(AccountId(rows.id(1)), rows.text(2)));
}

constexpr std::array kMigrations = {Migration{1, kFirstSchema, make_instance}, Migration{2, kPeople, nullptr},
                                    Migration{3, kKeptChanges, keep_changes},  Migration{4, kSpreads, measure_ranges},
                                    Migration{5, kNameGrams, index_names},     Migration{6, kHistoryInOrder, nullptr}};

std::int64_t single_integer(Connection& connection, Sql sql) {
  Statement statement(connection, sql);
  Rows rows = statement.query();
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace

int standing_schema(Connection& connection) {
  const std::int64_t application = single_integer(connection, "PRAGMA application_id");
  const bool empty = single_integer(connection, "SELECT count(*) FROM sqlite_schema") == 0;
  if (application == 0 && empty) return 0;
  if (application != kApplicationId) {
    throw Failure{{StoreError::Code::kFailed,
                   "the store's file is a database of another application; choose another data directory",
                   "application_id " + std::to_string(application)}};
  }
  const auto standing = static_cast<int>(single_integer(connection, "SELECT max(number) FROM migrations"));
  if (standing > newest_schema()) {
    throw Failure{{StoreError::Code::kNewer, "the store was written by a newer Keyfence; run that version",
                   "schema " + std::to_string(standing) + ", known up to " + std::to_string(newest_schema())}};
  }
  return standing;
}

int newest_schema() noexcept {
  return kMigrations.back().number;
}

void migrate(Connection& connection) {
  migrate(connection, newest_schema());
}

void migrate(Connection& connection, int last) {
  const int standing = standing_schema(connection);
  for (const Migration& migration : kMigrations) {
    if (migration.number <= standing || migration.number > last) continue;
    connection.execute("BEGIN IMMEDIATE");
    try {
      if (migration.number == 1) {
        connection.execute("PRAGMA application_id = 0x4B664331");
        connection.execute("CREATE TABLE migrations (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT");
      }
      connection.execute(migration.sql);
      if (migration.then != nullptr) migration.then(connection);
      Statement(connection, "INSERT INTO migrations (number, applied_at) VALUES (?, ?)")
          .execute(migration.number, SystemClock().now());
      connection.execute("COMMIT");
    } catch (...) {
      connection.roll_back();
      throw;
    }
  }
}

}  // namespace keyfence::sqlite
