#include "libs/store/sqlite/snapshot.h"

#include "libs/store/packed_policy.h"
#include "libs/store/sqlite/reads.h"

namespace keyfence::sqlite {
namespace {

std::size_t count(Connection& connection, Sql sql) {
  Statement statement(connection, sql);
  Rows rows = statement.query();
  return rows.next() ? static_cast<std::size_t>(rows.integer(0)) : 0;
}

void stream_instance(Reads& reads, const InstanceRow& row, const ControlStore::SnapshotSink& sink) {
  const ListRow list = reads.list(ListRef::global());
  sink.instance({row.error_style, {list.mode, list.when_empty, reads.policy_entries(ListRef::global())}});
}

void stream_accounts(Connection& connection, Reads& reads, const ControlStore::SnapshotSink& sink) {
  Statement accounts(connection,
                     "SELECT a.id, a.state, a.error_style, l.mode, l.when_empty, l.entry_count FROM accounts AS a"
                     " JOIN lists AS l ON l.layer = 2 AND l.owner = a.id ORDER BY a.id");
  Rows rows = accounts.query();
  while (rows.next()) {
    AccountPolicy policy;
    policy.id = AccountId(rows.id(0));
    policy.state = rows.enumerator(1, AccountState::kActive);
    policy.error_style = rows.optional_enumerator(2, ErrorStyle::kProblem);
    policy.allowlist.mode = rows.enumerator(3, ListMode::kOff);
    policy.allowlist.when_empty = rows.enumerator(4, WhenEmpty::kAllow);
    if (rows.integer(5) > 0) policy.allowlist.entries = reads.policy_entries(ListRef::of(policy.id));
    sink.account(policy);
  }
}

void stream_keys(Connection& connection, const ControlStore::SnapshotSink& sink) {
  Statement keys(connection, "SELECT key, packed FROM key_policies ORDER BY key");
  Rows rows = keys.query();
  KeyPolicy policy;
  while (rows.next()) {
    policy.id = KeyId(rows.id(0));
    if (!unpack_key_policy(rows.blob(1), policy)) fail_corrupt("the packed policy of " + policy.id.text());
    sink.key(policy);
  }
}

}  // namespace

void stream_snapshot(Connection& connection, const ControlStore::SnapshotSink& sink) {
  const ReadSnapshot snapshot(connection);
  Reads reads(connection);
  const InstanceRow instance = reads.instance();
  sink.begin(reads.revision(), instance.epoch, count(connection, "SELECT count(*) FROM keys"),
             count(connection, "SELECT count(*) FROM accounts"));
  stream_instance(reads, instance, sink);
  stream_accounts(connection, reads, sink);
  stream_keys(connection, sink);
}

}  // namespace keyfence::sqlite
