#include "libs/store/sqlite/check.h"

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
          Sql("SELECT max(owner) FROM entries WHERE layer = 3"), Sql("SELECT max(id) FROM tokens"),
          Sql("SELECT max(id) FROM audit"), Sql("SELECT max(digest) FROM keys")}) {
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
  check_changes(connection);
}

}  // namespace keyfence::sqlite
