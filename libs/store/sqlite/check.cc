#include "libs/store/sqlite/check.h"

#include "libs/store/audit_chain.h"
#include "libs/store/packed_policy.h"
#include "libs/store/sqlite/reads.h"

namespace keyfence::sqlite {
namespace {

constexpr std::int64_t kSmallPages = 4'096;  // 16 MB

std::int64_t integer(Connection& connection, Sql sql) {
  Statement statement(connection, sql);
  Rows rows = statement.query();
  return rows.next() ? rows.integer(0) : 0;
}

void check_pages(Connection& connection, Sql sql) {
  Statement statement(connection, sql);
  Rows rows = statement.query();
  while (rows.next()) {
    if (rows.text(0) != "ok") fail_corrupt(std::string(rows.text(0)));
  }
}

void check_feed(Connection& connection) {
  const std::int64_t revision = integer(connection, "SELECT revision FROM counter");
  const std::int64_t newest = integer(connection, "SELECT max(revision) FROM changes");
  if (revision != newest) {
    fail_corrupt("revision " + std::to_string(revision) + ", newest change " + std::to_string(newest));
  }
}

void check_key(Reads& reads, KeyId id, std::span<const std::uint8_t> packed) {
  const KeyRow row = reads.key(id);
  const ListRef ref = ListRef::of(id);
  const ListRow list = reads.list(ref);
  const KeyPolicy from_rows{id,
                            row.account,
                            row.digest,
                            row.state,
                            row.expires_at,
                            row.scopes,
                            {list.mode, list.when_empty, reads.policy_entries(ref)}};
  KeyPolicy unpacked;
  unpacked.id = id;
  if (!unpack_key_policy(packed, unpacked) || unpacked != from_rows) {
    fail_corrupt("the packed policy of " + id.text() + " is not that of its rows");
  }
}

void check_keys(Connection& connection, Reads& reads) {
  if (integer(connection, "SELECT count(*) FROM keys") != integer(connection, "SELECT count(*) FROM key_policies")) {
    fail_corrupt("there are not as many packed policies as keys");
  }
  Statement keys(connection, "SELECT key, packed FROM key_policies ORDER BY key");
  Rows rows = keys.query();
  while (rows.next()) check_key(reads, KeyId(rows.id(0)), rows.blob(1));
}

void check_lists(Connection& connection) {
  Statement miscounted(connection,
                       "SELECT l.layer, l.owner FROM lists AS l WHERE l.entry_count <>"
                       " (SELECT count(*) FROM entries AS e WHERE e.layer = l.layer AND e.owner = l.owner)"
                       " OR l.changed > (SELECT revision FROM counter)");
  Rows rows = miscounted.query();
  if (rows.next()) {
    fail_corrupt("list " + std::to_string(rows.integer(0)) + "/" + std::to_string(rows.id(1)) +
                 " does not count its entries");
  }
  // Counted over all lists, entries of a list that is gone would be too many.
  if (integer(connection, "SELECT count(*) FROM entries") !=
      integer(connection, "SELECT sum(entry_count) FROM lists")) {
    fail_corrupt("there are entries without a list");
  }
  const std::int64_t owners = integer(connection, "SELECT 1 + (SELECT count(*) FROM accounts) + count(*) FROM keys");
  const std::int64_t owned = integer(connection,
                                     "SELECT count(*) FROM lists WHERE (layer = 1 AND owner = 0)"
                                     " OR (layer = 2 AND owner IN (SELECT id FROM accounts))"
                                     " OR (layer = 3 AND owner IN (SELECT id FROM keys))");
  if (owners != owned || owned != integer(connection, "SELECT count(*) FROM lists")) {
    fail_corrupt("there is a list without an owner, or an owner without a list");
  }
}

void check_history(Connection& connection) {
  Statement wrong(connection,
                  "SELECT l.layer, l.owner FROM lists AS l LEFT JOIN list_history AS r ON r.layer = l.layer"
                  " AND r.owner = l.owner AND r.of_entry = 0 AND r.revision = l.changed WHERE r.mode IS NOT l.mode"
                  " OR r.when_empty IS NOT l.when_empty OR r.entry_count IS NOT l.entry_count");
  Statement broken(connection,
                   "SELECT h.layer, h.owner FROM list_history AS h LEFT JOIN list_history AS b"
                   " ON b.revision = h.before AND b.layer = h.layer AND b.owner = h.owner AND b.of_entry = 0"
                   " AND b.entry = 0 WHERE h.of_entry = 0 AND h.before IS NOT NULL"
                   " AND (b.revision IS NULL OR b.revision >= h.revision)");
  Statement left(connection,
                 "SELECT h.layer, h.owner FROM list_history AS h LEFT JOIN lists AS l"
                 " ON l.layer = h.layer AND l.owner = h.owner WHERE l.layer IS NULL");
  const auto expect_none = [](Statement& statement, const char* what) {
    Rows rows = statement.query();
    if (rows.next()) {
      fail_corrupt("list " + std::to_string(rows.integer(0)) + "/" + std::to_string(rows.id(1)) + what);
    }
  };
  expect_none(wrong, " is not as its newest revision says");
  expect_none(broken, " has a revision that follows none");
  expect_none(left, " is gone, and its history is not");
}

void check_spreads(Connection& connection) {
  Statement entries(connection, "SELECT id, range, spread FROM entries");
  Rows rows = entries.query();
  while (rows.next()) {
    const std::optional<int> spread = spread_of(range_of(rows, 1));
    const bool same = spread ? rows.is_integer(2) && rows.integer(2) == *spread : rows.is_null(2);
    if (!same) fail_corrupt("the range of entry " + EntryId(rows.id(0)).text() + " is not found by its length");
  }
}

void check_audit(Connection& connection) {
  const AuditVerdict verdict = verify_audit(connection);
  if (verdict.wrong)
    fail_corrupt("line " + std::to_string(verdict.wrong->id) + " of the audit log " + verdict.wrong->what);
}

void check_changes(Connection& connection) {
  Statement changes(connection, "SELECT revision, body, sha256 FROM changes ORDER BY revision");
  Rows rows = changes.query();
  std::optional<Revision> before;
  while (rows.next()) {
    const Revision revision = rows.revision(0);
    if (before && revision.value != before->value + 1)
      fail_corrupt("a change is missing before " + std::to_string(revision.value));
    if (sha256(rows.text(1)) != rows.digest(2)) fail_corrupt("the body of change " + std::to_string(revision.value));
    before = revision;
  }
}

}  // namespace

void check_quickly(Connection& connection) {
  const bool small = integer(connection, "PRAGMA page_count") <= kSmallPages;
  if (small) {
    check_pages(connection, "PRAGMA quick_check(1)");
  } else {
    // One way down each tree.
    for (const Sql newest :
         {Sql("SELECT max(id) FROM accounts"), Sql("SELECT max(id) FROM keys"),
          Sql("SELECT max(key) FROM key_policies"), Sql("SELECT max(owner) FROM lists WHERE layer = 3"),
          Sql("SELECT max(revision) FROM list_history"), Sql("SELECT max(owner) FROM entries WHERE layer = 3"),
          Sql("SELECT max(id) FROM tokens"), Sql("SELECT max(id) FROM audit"), Sql("SELECT max(digest) FROM keys")}) {
      static_cast<void>(integer(connection, newest));
    }
  }
  check_feed(connection);
}

void check_rows(Connection& connection) {
  const ReadSnapshot snapshot(connection);
  Reads reads(connection);
  check_pages(connection, "PRAGMA integrity_check(1)");
  check_feed(connection);
  check_keys(connection, reads);
  check_lists(connection);
  check_spreads(connection);
  check_changes(connection);
  check_history(connection);
  check_audit(connection);
}

AuditVerdict verify_audit(Connection& connection) {
  Statement lines(connection,
                  "SELECT id, at, actor, address, action, subject, account, before, after, revision, hash FROM audit"
                  " ORDER BY id");
  AuditVerdict verdict;
  Rows rows = lines.query();
  while (rows.next()) {
    const std::uint64_t id = rows.id(0);
    if (rows.blob(10).size() != verdict.hash.bytes.size()) {
      verdict.wrong = {id, "has no hash"};
      return verdict;
    }
    const AuditRow row = audit_of(rows);
    if (row.id != verdict.newest + 1) {
      verdict.wrong = {verdict.newest + 1, "is missing"};
      return verdict;
    }
    if (audit_hash(verdict.hash, row) != row.hash) {
      verdict.wrong = {row.id, "was edited, or the lines before it were"};
      return verdict;
    }
    verdict.newest = row.id;
    verdict.hash = row.hash;
  }
  Statement head_of(connection, "SELECT id, hash FROM audit_head");
  Rows head = head_of.query();
  if (!head.next() || head.id(0) != verdict.newest || head.digest(1) != verdict.hash) {
    verdict.wrong = {verdict.newest + 1, "is missing: lines were removed from the end"};
  }
  return verdict;
}

}  // namespace keyfence::sqlite
