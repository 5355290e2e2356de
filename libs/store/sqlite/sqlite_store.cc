#include "libs/store/sqlite/check.h"
#include "libs/store/sqlite/checkpointer.h"
#include "libs/store/sqlite/group_commit.h"
#include "libs/store/sqlite/migrations.h"
#include "libs/store/sqlite/read_pool.h"
#include "libs/store/sqlite/snapshot.h"
#include "libs/store/sqlite/store_file.h"

namespace keyfence {
namespace sqlite {
namespace {

class SqliteStore final : public ForwardedReads<ControlStore, SqliteStore> {
 public:
  explicit SqliteStore(const std::string& path)
      : lock_(path), path_(prepare(path)), writer_(path, hot_rows_), pool_(path), checkpointer_(path) {
    writer_.on_log_growth([this](int pages) { return checkpointer_.log_has(pages); });
  }
  ~SqliteStore() override { writer_.on_log_growth(nullptr); }
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  std::unique_ptr<ReadHold> hold_reads() override { return pool_.try_hold(hot_rows_.generation()); }
  StoreResult<Committed> transact(const Work& work) override { return writer_.run(work); }
  void on_committed(OnCommitted callback) override { writer_.on_committed(std::move(callback)); }

  // These two as they are now, whatever the thread holds.
  StoreResult<InstanceRow> instance() override {
    return guarded([&] {
      return hot_rows_.instance(pool_.held_since(),
                                [&] { return pool_.with([](Reads& reads) { return reads.instance(); }); });
    });
  }
  StoreResult<std::optional<TokenRow>> token_by_digest(const KeyDigest& digest) override {
    return guarded([&] {
      return hot_rows_.token(digest, pool_.held_since(),
                             [&] { return pool_.with([&](Reads& reads) { return reads.token_by_digest(digest); }); });
    });
  }

  StoreResult<void> snapshot(const SnapshotSink& sink) override {
    return guarded([&] {
      Connection connection(path_, Access::kReadOnly);
      stream_snapshot(connection, sink);
    });
  }
  StoreResult<void> verify() override {
    return guarded([&] {
      Connection connection(path_, Access::kReadOnly);
      check_rows(connection);
    });
  }

  template <class Function>
  auto with_reads(Function&& function) {
    return guarded([&] { return pool_.with(function); });
  }

 private:
  // Makes the file ready for all other connections.
  static std::string prepare(const std::string& path) {
    make_store_file(path);
    Connection connection(path, Access::kReadWrite);
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    migrate(connection);
    check_quickly(connection);
    return path;
  }

  StoreLock lock_;
  std::string path_;
  HotRows hot_rows_;
  GroupCommit writer_;
  ReadPool pool_;
  Checkpointer checkpointer_;
};

}  // namespace
}  // namespace sqlite

StoreResult<std::unique_ptr<ControlStore>> open_sqlite_store(const std::string& path) {
  return sqlite::guarded(
      [&]() -> std::unique_ptr<ControlStore> { return std::make_unique<sqlite::SqliteStore>(path); });
}

}  // namespace keyfence
