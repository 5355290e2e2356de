// Stores of older layouts, opened by this one.
#include "libs/store/sqlite/migrations.h"

#include <gmock/gmock.h>

#include "libs/store/packed_policy.h"
#include "libs/store/sqlite/store_file.h"
#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A key whose list has 10.0.0.1 since revision 2, had 10.0.0.9 until then, and was empty at revision 1.
constexpr sqlite::Sql kRowsOfLayout5 = R"sql(
UPDATE counter SET revision = 2;
INSERT INTO changes (revision, at, body, sha256) SELECT revision, 0, x'', zeroblob(32) FROM counter;
INSERT INTO accounts (id, name, state, created_at, changed) VALUES (7, 'acme', 1, 0, 1);
INSERT INTO keys (id, account, name, description, digest, hint, state, scopes, created_by, created_at, changed)
  VALUES (8, 7, 'key', '', zeroblob(32), 'kf_abcd', 2, '', 'system', 0, 1);
INSERT INTO lists (layer, owner, mode, when_empty, entry_count, changed) VALUES (2, 7, 0, 1, 0, 1), (3, 8, 0, 1, 1, 2);
INSERT INTO entries (layer, owner, id, range, state, kind, text, label, added_by, added_at, since)
  VALUES (3, 8, 21, x'0A000001', 1, 0, '10.0.0.1', 'office', 'system', 5, 2);
INSERT INTO past_entries (layer, owner, until, id, since, range, state, kind, text, label, added_by, added_at)
  VALUES (3, 8, 2, 20, 1, x'0A000009', 1, 0, '10.0.0.9', 'old office', 'system', 4);
INSERT INTO list_revisions (layer, owner, revision, at, actor, address, action, mode, when_empty, entry_count, added,
  updated, removed) VALUES (2, 7, 1, 4, 'system', '', 'account.create', 0, 1, 0, 0, 0, 0),
  (3, 8, 1, 4, 'system', '192.0.2.1', 'key.create', 0, 1, 1, 1, 0, 0),
  (3, 8, 2, 5, 'system', '192.0.2.1', 'allowlist.replace', 0, 1, 1, 1, 0, 1);
)sql";

KeyPolicy policy_of_the_key() {
  KeyPolicy policy;
  policy.id = KeyId(8);
  policy.account = AccountId(7);
  policy.state = KeyState::kActive;
  policy.allowlist = {ListMode::kEnforce,
                      WhenEmpty::kAllow,
                      {{EntryId(21), IpRange::single(IpAddress::v4(0x0A000001)), EntryState::kEnabled, std::nullopt}}};
  return policy;
}

void make_layout_5(const std::string& path) {
  sqlite::make_store_file(path);
  sqlite::Connection connection(path, sqlite::Access::kReadWrite);
  sqlite::migrate(connection, 5);
  connection.execute(kRowsOfLayout5);
  sqlite::Statement(connection, "UPDATE changes SET sha256 = ?").execute(sha256(""));
  std::vector<std::uint8_t> packed;
  pack_key_policy(policy_of_the_key(), packed);
  sqlite::Statement(connection, "INSERT INTO key_policies (key, packed) VALUES (8, ?)")
      .execute(std::span<const std::uint8_t>(packed));
}

std::vector<std::string> texts(const StoreResult<std::vector<EntryRow>>& rows) {
  std::vector<std::string> out;
  for (const EntryRow& row : rows.value()) out.push_back(row.text);
  return out;
}

TEST(Migrations, ListsTheirHistoryAndPoliciesOfLayout5AreAsTheyWere) {
  const ScratchDirectory directory;
  make_layout_5(directory.file("control.db"));
  const StoreResult<std::unique_ptr<ControlStore>> opened = open_sqlite_store(directory.file("control.db"));
  ASSERT_TRUE(opened.ok()) << opened.error().message << ": " << opened.error().detail;
  ControlStore& store = **opened;
  const StoreResult<void> verified = store.verify();
  EXPECT_TRUE(verified.ok()) << verified.error().detail;

  const ListRef ref = ListRef::of(KeyId(8));
  EXPECT_THAT(texts(store.entries(ref, {})), ElementsAre("10.0.0.1"));
  const std::vector<ListRevisionRow> revisions = store.list_revisions(ref, {}).value();
  ASSERT_EQ(revisions.size(), 2U);
  EXPECT_EQ(revisions[0].action, "allowlist.replace");
  EXPECT_EQ(revisions[0].removed, 1U);
  EXPECT_EQ(revisions[1].address, "192.0.2.1");
  EXPECT_THAT(texts(store.entries_at(ref, {1}, {})), ElementsAre("10.0.0.9"));
  EXPECT_THAT(texts(store.entries_at(ref, {2}, {})), ElementsAre("10.0.0.1"));
  const PolicyModel model = PolicyModel::snapshot_of(store);
  EXPECT_EQ(model.keys.at(KeyDigest{}), policy_of_the_key());

  ASSERT_TRUE(store.transact([&](Transaction& t) { return t.delete_entries(ref); }).ok());
  EXPECT_THAT(texts(store.entries_at(ref, {2}, {})), ElementsAre("10.0.0.1"));
  EXPECT_THAT(texts(store.entries(ref, {})), IsEmpty());
  EXPECT_TRUE(store.verify().ok());
}

}  // namespace
}  // namespace keyfence::testing
