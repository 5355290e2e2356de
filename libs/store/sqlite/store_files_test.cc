#include "libs/store/store_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "libs/store/sqlite/failure.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence {
namespace {

using ::testing::HasSubstr;
using testing::new_account;
using testing::new_audit_line;
using Code = StoreError::Code;

class StoreFiles : public ::testing::Test {
 protected:
  std::unique_ptr<ControlStore> open() {
    auto opened = open_sqlite_store(path_);
    EXPECT_TRUE(opened.ok()) << (opened ? "" : opened.error().message);
    return std::move(*opened);
  }
  static void add(ControlStore& store, const std::string& name) {
    const auto done = store.transact([&](Transaction& tx) {
      const AccountRow row = new_account(name);
      tx.audit_line(new_audit_line("account.create", row.id.text()));
      return tx.insert_account(row);
    });
    EXPECT_TRUE(done.ok());
  }
  void execute(sql::Sql statements) const { sql::Connection(path_, sql::Access::kReadWrite).execute(statements); }
  [[nodiscard]] AuditVerdict verify(const std::optional<KnownAuditLine>& known = {}) const {
    const auto verdict = verify_audit_log(path_, known);
    EXPECT_TRUE(verdict.ok()) << (verdict ? "" : verdict.error().message + verdict.error().detail);
    return *verdict;
  }

  testing::ScratchDirectory dir_;
  std::string path_ = dir_.file("control.db");
};

TEST_F(StoreFiles, AnUntouchedAuditLogIsRightWhileTheStoreIsInUse) {
  const auto store = open();
  for (int i = 0; i < 5; ++i) add(*store, "account " + std::to_string(i));
  const AuditVerdict verdict = verify();
  EXPECT_FALSE(verdict.wrong.has_value());
  EXPECT_EQ(verdict.newest, 5U);
  EXPECT_EQ(verdict.hash, store->audit({}, {0, 1})->front().hash);
}

TEST_F(StoreFiles, EveryEditOfAnAuditLogIsFoundAtItsLine) {
  {
    const auto store = open();
    for (int i = 0; i < 5; ++i) add(*store, "account " + std::to_string(i));
  }
  const AuditVerdict before = verify();
  const auto wrong_after = [&](sql::Sql edit) {
    std::filesystem::copy_file(path_, path_ + ".kept");
    execute(edit);
    const AuditVerdict verdict = verify();
    std::filesystem::rename(path_ + ".kept", path_);
    return verdict.wrong ? verdict.wrong->id : 0;
  };
  EXPECT_EQ(wrong_after("UPDATE audit SET actor = 'someone' WHERE id = 3"), 3U);
  EXPECT_EQ(wrong_after("UPDATE audit SET at = at + 1 WHERE id = 1"), 1U);
  EXPECT_EQ(wrong_after("UPDATE audit SET hash = x'00' WHERE id = 2"), 2U);
  EXPECT_EQ(wrong_after("DELETE FROM audit WHERE id = 2"), 2U);
  EXPECT_EQ(wrong_after("DELETE FROM audit WHERE id >= 4"), 4U);
  EXPECT_EQ(wrong_after("UPDATE audit SET account = 7 WHERE id = 5"), 5U);
  EXPECT_EQ(wrong_after("UPDATE audit SET actor = actor"), 0U);
  EXPECT_FALSE(verify(KnownAuditLine{5, before.hash}).wrong.has_value());
  EXPECT_EQ(verify(KnownAuditLine{4, before.hash}).wrong->id, 4U);
  EXPECT_EQ(verify(KnownAuditLine{9, before.hash}).wrong->id, 9U);
}

TEST_F(StoreFiles, ABackupIsTakenWhileTheStoreIsWrittenAndIsWhole) {
  const auto store = open();
  add(*store, "before");
  const auto summary = back_up_store(path_, dir_.file("backup"));
  ASSERT_TRUE(summary.ok()) << summary.error().message << summary.error().detail;
  EXPECT_EQ(summary->accounts, 1U);
  EXPECT_EQ(summary->audit_lines, 1U);
  add(*store, "after");
  struct stat status {};
  ASSERT_EQ(::stat(dir_.file("backup").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(dir_.file("backup-wal")));
  EXPECT_EQ(back_up_store(path_, dir_.file("backup")).error().code, Code::kPrecondition);
  EXPECT_EQ(restore_store(dir_.file("backup"), path_, StandingStore::kSetAside, {1}).error().code, Code::kBusy);
}

TEST_F(StoreFiles, ARestoredStoreIsTheBackupWithANewEpochAndALineThatSaysSo) {
  std::uint64_t epoch = 0;
  {
    const auto store = open();
    epoch = store->instance()->epoch;
    add(*store, "before");
    ASSERT_TRUE(back_up_store(path_, dir_.file("backup")).ok());
    add(*store, "after");
  }
  EXPECT_EQ(restore_store(dir_.file("backup"), path_, StandingStore::kRefuse, {1}).error().code, Code::kPrecondition);
  EXPECT_EQ(open()->accounts({})->size(), 2U);
  const auto restored = restore_store(dir_.file("backup"), path_, StandingStore::kSetAside, {5'000});
  ASSERT_TRUE(restored.ok()) << restored.error().message << restored.error().detail;
  const auto store = open();
  EXPECT_EQ(store->accounts({})->size(), 1U);
  EXPECT_NE(store->instance()->epoch, epoch);
  EXPECT_EQ(store->audit({}, {0, 1})->front().action, "instance.restore");
  EXPECT_TRUE(store->verify().ok());
  EXPECT_FALSE(verify().wrong.has_value());
  EXPECT_TRUE(std::filesystem::exists(path_ + ".before-restore"));
  add(*store, "goes on");
}

// What a process that is killed leaves: the store's file as of the last checkpoint, and its log.
void copy_as_if_killed(const std::string& path, const std::string& to) {
  for (const char* suffix : {"", "-wal"}) std::filesystem::copy_file(path + suffix, to + suffix);
}

TEST_F(StoreFiles, ALogThatWasLeftAloneDoesNotGetIntoARestoredStore) {
  {
    const auto store = open();
    add(*store, "before");
    ASSERT_TRUE(back_up_store(path_, dir_.file("backup")).ok());
    add(*store, "after");
    copy_as_if_killed(path_, dir_.file("killed"));
  }
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  ASSERT_GT(std::filesystem::file_size(dir_.file("killed-wal")), 0U);
  std::filesystem::rename(dir_.file("killed-wal"), path_ + "-wal");
  const auto restored = restore_store(dir_.file("backup"), path_, StandingStore::kRefuse, {1});
  ASSERT_TRUE(restored.ok()) << restored.error().message << restored.error().detail;
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  const auto store = open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->accounts({})->size(), 1U);
  EXPECT_TRUE(store->verify().ok());
}

TEST_F(StoreFiles, AStoreThatWasKilledIsSetAsideWholeInOneFile) {
  {
    const auto store = open();
    add(*store, "before");
    ASSERT_TRUE(back_up_store(path_, dir_.file("backup")).ok());
    add(*store, "only in the log");
    copy_as_if_killed(path_, dir_.file("killed"));
  }
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::remove(path_ + suffix);
    std::filesystem::rename(dir_.file("killed") + suffix, path_ + suffix);
  }
  ASSERT_TRUE(restore_store(dir_.file("backup"), path_, StandingStore::kSetAside, {1}).ok());
  std::filesystem::remove(path_ + ".before-restore-wal");
  auto aside = open_sqlite_store(path_ + ".before-restore");
  ASSERT_TRUE(aside.ok()) << aside.error().message;
  EXPECT_EQ((*aside)->accounts({})->size(), 2U);
  EXPECT_EQ(open()->accounts({})->size(), 1U);
}

TEST_F(StoreFiles, AStoreThatIsDamagedIsSetAsideAsItIs) {
  {
    const auto store = open();
    add(*store, "before");
    ASSERT_TRUE(back_up_store(path_, dir_.file("backup")).ok());
  }
  std::filesystem::resize_file(path_, 100);
  ASSERT_TRUE(restore_store(dir_.file("backup"), path_, StandingStore::kSetAside, {1}).ok());
  EXPECT_EQ(std::filesystem::file_size(path_ + ".before-restore"), 100U);
  EXPECT_EQ(open()->accounts({})->size(), 1U);
}

TEST_F(StoreFiles, ADamagedBackupIsRefusedAndTheStoreStands) {
  {
    const auto store = open();
    add(*store, "before");
    ASSERT_TRUE(back_up_store(path_, dir_.file("backup")).ok());
  }
  sql::Connection(dir_.file("backup"), sql::Access::kReadWrite).execute("UPDATE audit SET actor = 'someone'");
  const auto refused = restore_store(dir_.file("backup"), path_, StandingStore::kSetAside, {1});
  EXPECT_EQ(refused.error().code, Code::kCorrupt);
  EXPECT_THAT(refused.error().detail, HasSubstr("line 1 of the audit log"));
  EXPECT_EQ(restore_store(dir_.file("none"), path_, StandingStore::kSetAside, {1}).error().code, Code::kNotFound);
  EXPECT_EQ(open()->accounts({})->size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".restoring"));
}

}  // namespace
}  // namespace keyfence
