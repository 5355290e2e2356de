// The store's process is killed at any moment.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

struct Acknowledged {
  std::uint64_t revision;
  std::uint64_t key;
  std::uint64_t entry;
};

// Changes the store from four threads and reports every change that was acknowledged, until it is killed.
[[noreturn]] void write_until_killed(const std::string& path, int report) {
  const StoreResult<std::unique_ptr<ControlStore>> opened = open_sqlite_store(path);
  if (!opened) ::_exit(1);
  ControlStore& store = **opened;
  const AccountRow account = new_account(new_digest().hex());
  if (!store.transact([&](Transaction& t) { return t.insert_account(account); })) ::_exit(2);
  const auto write = [&] {
    while (true) {
      const KeyRow key = new_key(account.id, "key");
      const EntryRow entry = new_entry("10.0.0.1");
      const StoreResult<Committed> done = store.transact([&](Transaction& t) -> StoreResult<void> {
        if (StoreResult<void> inserted = t.insert_key(key); !inserted) return inserted;
        t.audit_line(new_audit_line("key.create", key.id.text()));
        return t.insert_entry(ListRef::of(key.id), entry);
      });
      if (!done) ::_exit(3);
      const Acknowledged line{done->revision.value, key.id.value(), entry.id.value()};
      if (::write(report, &line, sizeof line) != sizeof line) ::_exit(4);
    }
  };
  std::thread a(write);
  std::thread b(write);
  std::thread c(write);
  write();
  ::_exit(5);
}

// Everything that the child acknowledged before it was killed.
std::vector<Acknowledged> run_and_kill(const std::string& path, std::size_t acknowledged_before_kill) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(path, ends[1]);
  }
  ::close(ends[1]);
  std::vector<Acknowledged> lines;
  Acknowledged line{};
  while (::read(ends[0], &line, sizeof line) == sizeof line) {
    lines.push_back(line);
    if (lines.size() == acknowledged_before_kill) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  return lines;
}

void expect_all_there(ControlStore& store, const std::vector<Acknowledged>& lines) {
  for (const Acknowledged& line : lines) {
    ASSERT_TRUE(store.key(KeyId(line.key)).ok()) << "revision " << line.revision << " was acknowledged";
    ASSERT_TRUE(store.entry(ListRef::of(KeyId(line.key)), EntryId(line.entry)).ok());
  }
}

TEST(SqliteCrash, NothingAcknowledgedIsLostAndRevisionsStayGapless) {
  const ScratchDirectory directory;
  const std::string path = directory.file("control.db");
  std::mt19937 random(1'234);
  std::vector<Acknowledged> all;
  for (int round = 0; round < 12; ++round) {
    const std::size_t moment = 1 + random() % 120;
    const std::vector<Acknowledged> lines = run_and_kill(path, moment);
    ASSERT_GE(lines.size(), moment);
    all.insert(all.end(), lines.begin(), lines.end());
    const std::unique_ptr<ControlStore> store = open_sqlite_store(path).value();
    expect_all_there(*store, all);
    const std::uint64_t last = std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
                                 return a.revision < b.revision;
                               })->revision;
    EXPECT_GE(store->revision()->value, last);
    EXPECT_EQ(PolicyModel::snapshot_of(*store), PolicyModel::fold_of(*store));
    const StoreResult<void> verified = store->verify();
    EXPECT_TRUE(verified.ok()) << verified.error().detail;
    // One audit row for every key, no more and no fewer.
    EXPECT_EQ(store->audit({}, {0, 1'000'000})->size(), store->keys(std::nullopt, "", {0, 1'000'000})->size());
  }
}

TEST(SqliteCrash, TornLogRecoversToAWholeRevision) {
  std::mt19937 random(99);
  for (int round = 0; round < 8; ++round) {
    const ScratchDirectory directory;
    const std::string path = directory.file("control.db");
    run_and_kill(path, 60);
    const std::uintmax_t size = std::filesystem::file_size(path + "-wal");
    ASSERT_GT(size, 20'000U);
    std::filesystem::resize_file(path + "-wal", size - 1 - random() % (size / 2));
    const std::unique_ptr<ControlStore> store = open_sqlite_store(path).value();
    EXPECT_EQ(PolicyModel::snapshot_of(*store), PolicyModel::fold_of(*store));
    const StoreResult<void> verified = store->verify();
    EXPECT_TRUE(verified.ok()) << verified.error().detail;
  }
}

}  // namespace
}  // namespace keyfence::testing
