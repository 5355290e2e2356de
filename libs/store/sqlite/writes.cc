#include "libs/store/sqlite/writes.h"

namespace keyfence::sqlite {

Writes::Writes(Connection& connection)
    : update_instance(connection,
                      "UPDATE instance SET error_style = ?, key_entries_max = ?, key_floor_v4 = ?, key_floor_v6 = ?,"
                      " account_entries_max = ?, account_floor_v4 = ?, account_floor_v6 = ?, global_entries_max = ?,"
                      " global_floor_v4 = ?, global_floor_v6 = ?, non_public_warnings = ?, changed = ?"),
      insert_account(connection,
                     "INSERT INTO accounts (id, name, state, error_style, created_at, changed)"
                     " VALUES (?, ?, ?, ?, ?, ?)"),
      update_account(
          connection,
          "UPDATE accounts SET name = ?, state = ?, error_style = ?, changed = ?, deleted_at = ?, purge_at = ?,"
          " state_before = ? WHERE id = ?"),
      delete_account(connection, "DELETE FROM accounts WHERE id = ?"),
      insert_key(connection,
                 "INSERT INTO keys (id, account, name, description, digest, hint, state, expires_at, scopes,"
                 " created_by, created_at, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_key(connection,
                 "UPDATE keys SET account = ?, name = ?, description = ?, digest = ?, hint = ?, state = ?,"
                 " expires_at = ?, scopes = ?, changed = ? WHERE id = ?"),
      delete_key(connection, "DELETE FROM keys WHERE id = ?"),
      keys_of_account(connection, "SELECT id, digest, name FROM keys WHERE account = ?"),
      delete_keys_of_account(connection, "DELETE FROM keys WHERE account = ?"),
      insert_grams(connection, "INSERT INTO key_grams (rowid, grams) VALUES (?, ?)"),
      delete_grams(connection, "INSERT INTO key_grams (key_grams, rowid, grams) VALUES ('delete', ?, ?)"),
      put_key_policy(connection,
                     "INSERT INTO key_policies (key, packed) VALUES (?, ?)"
                     " ON CONFLICT (key) DO UPDATE SET packed = excluded.packed"),
      insert_list(connection,
                  "INSERT INTO lists (layer, owner, mode, when_empty, entry_count, changed) VALUES (?, ?, ?, ?, 0, ?)"),
      update_list(connection,
                  "UPDATE lists SET mode = ?, when_empty = ?, entry_count = ?, changed = ?"
                  " WHERE layer = ? AND owner = ?"),
      delete_list(connection, "DELETE FROM lists WHERE layer = ? AND owner = ?"),
      delete_lists_of_keys(connection,
                           "DELETE FROM lists WHERE layer = 3 AND owner IN (SELECT id FROM keys WHERE account = ?)"),
      delete_entries_of_keys(
          connection, "DELETE FROM entries WHERE layer = 3 AND owner IN (SELECT id FROM keys WHERE account = ?)"),
      insert_entry(connection,
                   "INSERT INTO entries (layer, owner, id, range, state, expires_at, kind, text, label, added_by,"
                   " added_at, since, spread) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_entry(connection,
                   "UPDATE entries SET range = ?, state = ?, expires_at = ?, kind = ?, text = ?, label = ?,"
                   " added_by = ?, added_at = ?, since = ?, spread = ? WHERE layer = ? AND owner = ? AND id = ?"),
      // Without the columns of the other indexes, which need not be written then.
      update_entry_settings(connection,
                            "UPDATE entries SET state = ?, expires_at = ?, kind = ?, text = ?, label = ?, added_by = ?,"
                            " added_at = ?, since = ? WHERE layer = ? AND owner = ? AND id = ? AND +range = ?"),
      delete_entry(connection, "DELETE FROM entries WHERE layer = ? AND owner = ? AND id = ?"),
      delete_entries(connection, "DELETE FROM entries WHERE layer = ? AND owner = ?"),
      keep_entry(connection,
                 "INSERT INTO list_history (revision, layer, owner, of_entry, entry, since, range, state, expires_at,"
                 " kind, text, label, added_by, added_at) SELECT ?1, layer, owner, 1, id, since, range, state,"
                 " expires_at, kind, text, label, added_by, added_at FROM entries"
                 " WHERE layer = ?2 AND owner = ?3 AND id = ?4 AND since < ?1"),
      keep_entries(connection,
                   "INSERT INTO list_history (revision, layer, owner, of_entry, entry, since, range, state, expires_at,"
                   " kind, text, label, added_by, added_at) SELECT ?1, layer, owner, 1, id, since, range, state,"
                   " expires_at, kind, text, label, added_by, added_at FROM entries"
                   " WHERE layer = ?2 AND owner = ?3 AND since < ?1"),
      insert_list_revision(connection,
                           "INSERT INTO list_history (revision, layer, owner, of_entry, entry, before, at, actor,"
                           " address, action, mode, when_empty, entry_count, added, updated, removed)"
                           " VALUES (?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      list_revision(connection,
                    "SELECT before, updated + removed FROM list_history"
                    " WHERE revision = ? AND layer = ? AND owner = ? AND of_entry = 0 AND entry = 0"),
      begin_history_at(connection,
                       "UPDATE list_history SET before = NULL"
                       " WHERE revision = ? AND layer = ? AND owner = ? AND of_entry = 0 AND entry = 0"),
      forget_past_entries(connection,
                          "DELETE FROM list_history WHERE revision = ? AND layer = ? AND owner = ? AND of_entry = 1"),
      forget_list_revision(connection, "DELETE FROM list_history WHERE revision = ? AND layer = ? AND owner = ?"),
      // Together with what the change set itself has kept, which no revision leads to yet.
      delete_history(connection,
                     "WITH RECURSIVE chain (revision) AS ("
                     "  SELECT changed FROM lists WHERE layer = ?1 AND owner = ?2"
                     "  UNION ALL SELECT h.before FROM chain JOIN list_history AS h ON h.revision = chain.revision"
                     "    AND h.layer = ?1 AND h.owner = ?2 AND h.of_entry = 0 AND h.entry = 0"
                     "    WHERE h.before IS NOT NULL)"
                     " DELETE FROM list_history WHERE layer = ?1 AND owner = ?2"
                     " AND revision IN (SELECT revision FROM chain UNION ALL SELECT ?3)"),
      insert_idempotency(connection,
                         "INSERT INTO idempotency (caller, key, request, at, sealed, revision)"
                         " VALUES (?, ?, ?, ?, ?, ?)"),
      forget_idempotency(connection, "DELETE FROM idempotency WHERE at <= ?"),
      insert_token(connection,
                   "INSERT INTO tokens (id, name, digest, hint, role, account, expires_at, revoked_at, created_by,"
                   " created_at, addresses) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_token(connection,
                   "UPDATE tokens SET name = ?, digest = ?, hint = ?, role = ?, account = ?, expires_at = ?,"
                   " revoked_at = ?, addresses = ? WHERE id = ?"),
      insert_change(connection, "INSERT INTO changes (revision, at, body, sha256) VALUES (?, ?, ?, ?)"),
      insert_audit(connection,
                   "INSERT INTO audit (id, at, actor, address, action, subject, account, before, after, revision, hash)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      people(connection) {}

}  // namespace keyfence::sqlite
