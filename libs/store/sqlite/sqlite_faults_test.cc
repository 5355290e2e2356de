// What goes wrong around a store: files, disks and processes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

using ::testing::HasSubstr;
using Code = StoreError::Code;

class SqliteFaults : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return directory_.file("control.db"); }
  [[nodiscard]] std::unique_ptr<ControlStore> open() const {
    StoreResult<std::unique_ptr<ControlStore>> store = open_sqlite_store(path());
    EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().message + ": " + store.error().detail);
    return store.ok() ? *std::move(store) : nullptr;
  }
  [[nodiscard]] StoreError error_of_opening() const {
    StoreResult<std::unique_ptr<ControlStore>> store = open_sqlite_store(path());
    EXPECT_FALSE(store.ok());
    return store.ok() ? StoreError{} : store.error();
  }
  // Changes the file behind the store's back.
  void tamper(const char* sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  // A store with an account, a key and an entry in its list.
  void fill() const {
    const std::unique_ptr<ControlStore> store = open();
    const AccountRow account = new_account("acme");
    const KeyRow key = new_key(account.id, "key");
    const StoreResult<Committed> done = store->transact([&](Transaction& t) -> StoreResult<void> {
      EXPECT_TRUE(t.insert_account(account).ok());
      EXPECT_TRUE(t.insert_key(key).ok());
      return t.insert_entry(ListRef::of(key.id), new_entry("10.0.0.1"));
    });
    ASSERT_TRUE(done.ok());
  }

  ScratchDirectory directory_;
};

// Runs the function in a process of its own; answers what it returns.
template <class Function>
int in_child(Function&& function) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(function());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

TEST_F(SqliteFaults, SecondOwnerIsBusyUntilTheFirstIsGone) {
  std::unique_ptr<ControlStore> store = open();
  EXPECT_EQ(error_of_opening().code, Code::kBusy);
  EXPECT_THAT(error_of_opening().message, HasSubstr("another Keyfence process"));
  store.reset();
  EXPECT_NE(open(), nullptr);
}

TEST_F(SqliteFaults, SecondProcessIsBusy) {
  const std::unique_ptr<ControlStore> store = open();
  EXPECT_EQ(in_child([&] { return static_cast<int>(open_sqlite_store(path()).error().code); }),
            static_cast<int>(Code::kBusy));
}

TEST_F(SqliteFaults, TextFileIsCorrupt) {
  std::ofstream(path()) << std::string(8192, 'x');
  EXPECT_EQ(error_of_opening().code, Code::kCorrupt);
}

TEST_F(SqliteFaults, DatabaseOfAnotherApplicationIsLeftAlone) {
  tamper("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
  EXPECT_EQ(error_of_opening().code, Code::kFailed);
  EXPECT_THAT(error_of_opening().message, HasSubstr("another application"));
  tamper("INSERT INTO theirs VALUES (2)");
  tamper("PRAGMA application_id = 77");
  EXPECT_THAT(error_of_opening().message, HasSubstr("another application"));
}

TEST_F(SqliteFaults, StoreOfNewerKeyfenceIsLeftAlone) {
  fill();
  tamper("INSERT INTO migrations (number, applied_at) VALUES (999, 0)");
  EXPECT_EQ(error_of_opening().code, Code::kNewer);
  EXPECT_THAT(error_of_opening().message, HasSubstr("newer Keyfence"));
  tamper("DELETE FROM migrations WHERE number = 999");
  EXPECT_EQ(open()->revision().value(), Revision{1});
}

TEST_F(SqliteFaults, MissingDirectoryIsNamed) {
  const StoreResult<std::unique_ptr<ControlStore>> store = open_sqlite_store(directory_.file("nowhere/control.db"));
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(store.error().message, HasSubstr("does not exist"));
}

// As a user whom the permissions bind, whoever runs the test.
int open_as_nobody(const std::string& path) {
  if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 100;
  const StoreResult<std::unique_ptr<ControlStore>> store = open_sqlite_store(path);
  return store.ok() ? 101 : static_cast<int>(store.error().code);
}

TEST_F(SqliteFaults, ReadOnlyDirectoryIsReadOnly) {
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0555), 0);
  EXPECT_EQ(in_child([&] { return open_as_nobody(path()); }), static_cast<int>(Code::kReadOnly));
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
}

TEST_F(SqliteFaults, ReadOnlyFileIsReadOnly) {
  fill();
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0777), 0);
  ASSERT_EQ(::chmod(path().c_str(), 0444), 0);
  ASSERT_EQ(::chmod((path() + ".lock").c_str(), 0666), 0);
  EXPECT_EQ(in_child([&] { return open_as_nobody(path()); }), static_cast<int>(Code::kReadOnly));
}

TEST_F(SqliteFaults, OthersMayNotReadTheFiles) {
  const std::unique_ptr<ControlStore> store = open();
  for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(file.status().permissions() & others, std::filesystem::perms::none) << file.path();
  }
}

TEST_F(SqliteFaults, DamagedPagesAreFoundAtTheStart) {
  fill();
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 3);
    file << std::string(4096 * 12, '\x5A');
  }
  EXPECT_EQ(error_of_opening().code, Code::kCorrupt);
  EXPECT_THAT(error_of_opening().message, HasSubstr("backup"));
}

TEST_F(SqliteFaults, FileCutShortIsCorrupt) {
  fill();
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  EXPECT_EQ(error_of_opening().code, Code::kCorrupt);
}

TEST_F(SqliteFaults, VerifyFindsWhatIsKeptTwiceAndDiffers) {
  const char* const tamperings[] = {
      "UPDATE key_policies SET packed = zeroblob(60)",
      "UPDATE keys SET state = 0",
      "UPDATE entries SET state = 0",
      "DELETE FROM entries",
      "UPDATE lists SET mode = 2 WHERE layer = 3",
      "UPDATE lists SET entry_count = 7 WHERE layer = 2",
      "DELETE FROM key_policies",
      "DELETE FROM lists WHERE layer = 2",
      "UPDATE entries SET owner = 5",
      "UPDATE changes SET body = CAST('{}' AS BLOB)",
  };
  for (const char* const tampering : tamperings) {
    std::filesystem::remove(path());
    fill();
    EXPECT_TRUE(open()->verify().ok());
    tamper(tampering);
    const StoreResult<void> verified = open()->verify();
    ASSERT_FALSE(verified.ok()) << tampering;
    EXPECT_EQ(verified.error().code, Code::kCorrupt);
  }
}

// No file may grow past the limit, as if its disk were full.
void limit_files(rlim_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

int write_until_full(const std::string& path) {
  std::signal(SIGXFSZ, SIG_IGN);
  StoreResult<std::unique_ptr<ControlStore>> opened = open_sqlite_store(path);
  if (!opened) return 1;
  ControlStore& store = **opened;
  limit_files(300'000);
  std::uint64_t acknowledged = 0;
  std::optional<StoreError> error;
  while (!error && acknowledged < 10'000) {
    const StoreResult<Committed> done =
        store.transact([](Transaction& t) { return t.insert_account(new_account(new_digest().hex())); });
    if (!done) {
      error = done.error();
    } else if (done->revision.value != ++acknowledged) {
      return 2;
    }
  }
  if (!error || error->code != Code::kNoSpace) return 3;
  if (error->message.find("free space") == std::string::npos) return 4;
  // What stands is still read, and nothing of the failed change is there.
  if (store.revision().value().value != acknowledged) return 5;
  if (store.accounts({0, 100'000})->size() != acknowledged) return 6;
  limit_files(RLIM_INFINITY);
  const StoreResult<Committed> after =
      store.transact([](Transaction& t) { return t.insert_account(new_account("there is room again")); });
  if (!after || after->revision.value != acknowledged + 1) return 7;
  return store.verify().ok() ? 0 : 8;
}

TEST_F(SqliteFaults, FullDiskFailsTheChangeAndNothingElse) {
  EXPECT_EQ(in_child([&] { return write_until_full(path()); }), 0);
  const std::unique_ptr<ControlStore> store = open();
  EXPECT_TRUE(store->verify().ok());
  EXPECT_EQ(PolicyModel::snapshot_of(*store), PolicyModel::fold_of(*store));
}

int import_too_much(const std::string& path) {
  std::signal(SIGXFSZ, SIG_IGN);
  StoreResult<std::unique_ptr<ControlStore>> opened = open_sqlite_store(path);
  if (!opened) return 1;
  ControlStore& store = **opened;
  limit_files(400'000);
  const StoreResult<Committed> import = store.transact([](Transaction& t) -> StoreResult<void> {
    EntryRow row = new_entry("10.0.0.1");
    for (std::uint32_t i = 0; i < 50'000; ++i) {
      row.id = EntryId(i + 1);
      row.range = IpRange::single(IpAddress::v4(i));
      if (StoreResult<void> inserted = t.insert_entry(ListRef::global(), row); !inserted) return inserted;
    }
    return {};
  });
  if (import.ok() || import.error().code != Code::kNoSpace) return 2;
  if (store.revision().value() != Revision{0} || store.list(ListRef::global())->entry_count != 0) return 3;
  const StoreResult<Committed> small =
      store.transact([](Transaction& t) { return t.insert_account(new_account("small")); });
  return small.ok() && small->revision == Revision{1} ? 0 : 4;
}

TEST_F(SqliteFaults, ImportTooLargeForTheDiskLeavesRoomForSmallChanges) {
  EXPECT_EQ(in_child([&] { return import_too_much(path()); }), 0);
  EXPECT_TRUE(open()->verify().ok());
}

TEST_F(SqliteFaults, OldChangeRowsArePrunedAndTheRestStayGapless) {
  fill();
  tamper(
      "DELETE FROM changes; UPDATE counter SET revision = 100500;"
      "WITH RECURSIVE n (r) AS (SELECT 1 UNION ALL SELECT r + 1 FROM n WHERE r < 100500)"
      " INSERT INTO changes SELECT r, 0, CAST('x' AS BLOB), zeroblob(32) FROM n");
  const std::unique_ptr<ControlStore> store = open();
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(store->transact([&](Transaction& t) { return t.insert_account(new_account(std::to_string(i))); }).ok());
  }
  const std::vector<ChangeRow> rows = store->changes({}, 1'000'000).value();
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.back().revision, Revision{100'560});
  EXPECT_LE(rows.size(), 100'001U);
  EXPECT_GE(rows.size(), 100'000U);
  for (std::size_t i = 1; i < rows.size(); ++i) ASSERT_EQ(rows[i].revision.value, rows[i - 1].revision.value + 1);
}

}  // namespace
}  // namespace keyfence::testing
