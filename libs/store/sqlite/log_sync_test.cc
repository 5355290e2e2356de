// The disk that is waited for, and the one that does not confirm: fdatasync() of this program is the test's own.
#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "libs/store/sqlite/failure.h"
#include "libs/store/sqlite/group_commit.h"
#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

class Disk {
 public:
  int sync(int descriptor) {
    {
      std::unique_lock lock(mutex_);
      ++syncs_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !held_; });
      if (broken_ || (broken_file_ && !is_log(descriptor))) {
        errno = EIO;
        return -1;
      }
    }
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
  }
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
    syncs_ = 0;
  }
  void wait_for_sync() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return syncs_ > 0; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void set_broken(bool broken) {
    const std::lock_guard lock(mutex_);
    broken_ = broken;
  }
  void set_file_broken(bool broken) {
    const std::lock_guard lock(mutex_);
    broken_file_ = broken;
  }
  int syncs() {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }

 private:
  static bool is_log(int descriptor) {
    const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor)).string();
    return path.ends_with("-wal");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int syncs_ = 0;
  bool held_ = false;
  bool broken_ = false;
  bool broken_file_ = false;
};

Disk disk;

class LogSyncTest : public ::testing::Test {
 protected:
  LogSyncTest() {
    store_->on_committed([this](std::span<const PolicyChange> changes) { told_ += changes.size(); });
    EXPECT_TRUE(insert().ok());  // the first change makes the log, which SQLite syncs by itself
  }
  ~LogSyncTest() override {
    disk.let_go();
    disk.set_broken(false);
    disk.set_file_broken(false);
    store_.reset();
  }
  StoreResult<Committed> insert() {
    return store_->transact([this](Transaction& t) {
      ++ran_;
      return t.insert_account(new_account(new_digest().hex()));
    });
  }

  ScratchDirectory directory_;
  std::unique_ptr<ControlStore> store_ = open_sqlite_store(directory_.file("control.db")).value();
  std::atomic<std::size_t> told_ = 0;
  std::atomic<std::size_t> ran_ = 0;
};

TEST_F(LogSyncTest, NothingIsToldOrAnsweredBeforeItIsOnTheDisk) {
  disk.hold();
  std::atomic<bool> answered = false;
  std::thread caller([&] {
    EXPECT_TRUE(insert().ok());
    answered = true;
  });
  disk.wait_for_sync();
  EXPECT_EQ(ran_, 2U);
  EXPECT_EQ(told_, 1U);
  EXPECT_FALSE(answered);
  disk.let_go();
  caller.join();
  EXPECT_EQ(told_, 2U);
}

// Those that join a batch do so as long as the disk is held: how long works take on this machine closes none.
class JoinedCommitTest : public LogSyncTest {
 protected:
  JoinedCommitTest() {
    store_.reset();
    connection_.emplace(directory_.file("control.db"), sqlite::Access::kReadWrite);
  }
  ~JoinedCommitTest() override {
    disk.let_go();
    writer_.reset();
  }
  void open_writer() {
    writer_.emplace(directory_.file("control.db"), hot_rows_, std::chrono::hours{1});
    writer_->on_committed([this](std::span<const PolicyChange> changes) { told_ += changes.size(); });
    join();  // the first change makes the log, which SQLite syncs by itself
  }
  void join() {
    const StoreResult<Committed> done = writer_->run([this](Transaction& t) {
      ++ran_;
      return t.insert_account(new_account(new_digest().hex()));
    });
    EXPECT_TRUE(done.ok());
  }
  // One that the disk is held for, and all others in the commit after it.
  void commit_together(std::size_t count, const std::function<void()>& while_held) {
    const std::size_t before = ran_;
    disk.hold();
    std::vector<std::thread> callers;
    callers.reserve(count);
    callers.emplace_back([this] { join(); });
    disk.wait_for_sync();
    while (callers.size() < count) callers.emplace_back([this] { join(); });
    while (ran_ < before + count) std::this_thread::yield();
    while_held();
    disk.let_go();
    for (std::thread& caller : callers) caller.join();
  }
  Revision revision() { return sqlite::Reads(*connection_).revision(); }

  sqlite::HotRows hot_rows_;
  std::optional<sqlite::Connection> connection_;
  std::optional<sqlite::GroupCommit> writer_;
};

TEST_F(JoinedCommitTest, WorksRunWhileTheDiskIsWaitedForAndAreCommittedTogether) {
  constexpr std::size_t kCallers = 8;
  open_writer();
  const Revision before = revision();
  const std::size_t told = told_;
  commit_together(kCallers, [&] {
    EXPECT_EQ(revision(), Revision{before.value + 1}) << "the others wait until the disk is free for them";
    EXPECT_EQ(disk.syncs(), 1);
    EXPECT_EQ(told_, told);
  });
  EXPECT_EQ(told_, told + kCallers);
  EXPECT_LE(disk.syncs(), 3);  // the first, one for those that were committed meanwhile, one if the last came late
}

TEST_F(JoinedCommitTest, AWorkThatFailsAfterItHasWrittenTakesNothingOfTheOthersWithIt) {
  constexpr std::size_t kCallers = 9;
  open_writer();
  const Revision before = revision();
  const std::size_t told = told_;
  std::atomic<std::size_t> failed = 0;
  const AccountRow unwanted = new_account("unwanted");
  disk.hold();
  std::vector<std::thread> callers;
  callers.emplace_back([this] { join(); });
  disk.wait_for_sync();
  const std::size_t first = ran_;
  for (std::size_t i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, late = i == kCallers / 2] {
      if (!late) return join();
      const StoreResult<Committed> done = writer_->run([&](Transaction& t) -> StoreResult<void> {
        ++ran_;
        EXPECT_TRUE(t.insert_account(unwanted).ok());
        return Err{StoreError{StoreError::Code::kPrecondition, "thought better of it", {}}};
      });
      EXPECT_FALSE(done.ok());
      ++failed;
    });
  }
  while (ran_ < first + kCallers) std::this_thread::yield();
  disk.let_go();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 1U);
  EXPECT_EQ(revision(), Revision{before.value + kCallers});  // the one that was synced, and all but the one that failed
  EXPECT_EQ(told_, told + kCallers);
  EXPECT_FALSE(sqlite::Reads(*connection_).account_by_name(unwanted.name));
}

TEST_F(JoinedCommitTest, AWorkThatFailsAloneAfterItHasWrittenIsRunOnce) {
  open_writer();
  const Revision before = revision();
  const std::size_t ran = ran_;
  const StoreResult<Committed> done = writer_->run([&](Transaction& t) -> StoreResult<void> {
    ++ran_;
    EXPECT_TRUE(t.insert_account(new_account("unwanted")).ok());
    return Err{StoreError{StoreError::Code::kPrecondition, "only to see what it would do", {}}};
  });
  EXPECT_FALSE(done.ok());
  EXPECT_EQ(ran_, ran + 1);
  EXPECT_EQ(revision(), before);
  EXPECT_FALSE(sqlite::Reads(*connection_).account_by_name("unwanted"));
  join();
  EXPECT_EQ(revision(), Revision{before.value + 1});
}

TEST_F(JoinedCommitTest, OldChangesArePrunedFasterThanWorksThatJoinMakeNewOnes) {
  constexpr std::size_t kCallers = 100, kRounds = 6;
  connection_->execute(
      "DELETE FROM changes; UPDATE counter SET revision = 100500;"
      "WITH RECURSIVE n (r) AS (SELECT 1 UNION ALL SELECT r + 1 FROM n WHERE r < 100500)"
      " INSERT INTO changes SELECT r, 0, CAST('x' AS BLOB), zeroblob(32) FROM n");
  open_writer();
  for (std::size_t round = 0; round < kRounds; ++round) commit_together(kCallers, [] {});
  EXPECT_EQ(revision(), Revision{100'500 + 1 + kRounds * kCallers});
  EXPECT_LE(sqlite::Reads(*connection_).changes({}, 1'000'000).size(), sqlite::kChangeRowsKept + kCallers);
}

TEST_F(LogSyncTest, AfterASyncThatFailedNoChangeIsAnsweredAsDone) {
  disk.set_broken(true);
  const StoreResult<Committed> lost = insert();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, StoreError::Code::kFailed);
  EXPECT_THAT(lost.error().message, ::testing::HasSubstr("did not confirm"));
  disk.set_broken(false);  // the next sync would succeed, and say nothing of the pages before
  EXPECT_FALSE(insert().ok());
  EXPECT_EQ(ran_, 2U);  // it was refused before it was run
  EXPECT_EQ(told_, 1U);
}

TEST_F(LogSyncTest, AfterACheckpointThatDidNotReachTheDiskChangesEndAndTheLogKeepsThem) {
  disk.set_file_broken(true);
  std::size_t acknowledged = 1;
  StoreResult<Committed> last = insert();
  for (; last.ok() && acknowledged < 20'000; ++acknowledged) last = insert();
  ASSERT_FALSE(last.ok());
  EXPECT_THAT(last.error().message, ::testing::HasSubstr("did not confirm"));
  disk.set_file_broken(false);
  EXPECT_FALSE(insert().ok());
  store_.reset();
  store_ = open_sqlite_store(directory_.file("control.db")).value();
  EXPECT_TRUE(store_->verify().ok());
  EXPECT_GE(store_->revision().value().value, acknowledged);
  EXPECT_TRUE(insert().ok());
}

TEST_F(LogSyncTest, StartedAgainAfterAFailedSyncTheStoreIsWholeAndWritable) {
  disk.set_broken(true);
  EXPECT_FALSE(insert().ok());
  disk.set_broken(false);
  store_.reset();
  store_ = open_sqlite_store(directory_.file("control.db")).value();
  EXPECT_TRUE(store_->verify().ok());
  EXPECT_EQ(PolicyModel::snapshot_of(*store_), PolicyModel::fold_of(*store_));
  EXPECT_TRUE(insert().ok());
}

}  // namespace
}  // namespace keyfence::testing

// Stands before the C library's for this program and all that it links.
extern "C" [[gnu::visibility("default")]] int fdatasync(int descriptor) {
  return keyfence::testing::disk.sync(descriptor);
}
