#include "libs/store/sqlite/checkpointer.h"

namespace keyfence::sqlite {
namespace {

// A sync of the file keeps one of the log waiting, which changes wait for: so checkpoints are small and many. Of a long
// log they follow each other until one finds little to do; then the writer waits for the last.
constexpr int kPagesWanted = 256;      // 1 MB: begin a checkpoint beside the writer
constexpr int kPagesLong = 32'000;     // 128 MB: the log is to begin anew
constexpr int kPagesLeft = 300;        // so few are waited for
constexpr int kPagesTooLong = 64'000;  // 256 MB: the writer waits, however much is left
constexpr int kPagesBetween = 4'000;   // and, where a long read keeps the log from beginning anew, not at every commit

// SQLite syncs the file only when it has copied the whole log, which it never has while the writer goes on; then the
// one who waits for the last pages would wait for the disk to take all of them.
bool sync(sqlite3* handle) noexcept {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
      file->pMethods == nullptr) {
    return false;
  }
  return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

}  // namespace

Checkpointer::Checkpointer(const std::string& path) : connection_(path, Access::kReadWrite) {
  connection_.execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;");
  thread_ = std::thread([this] { loop(); });
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Checkpointer::log_has(int pages) {
  std::unique_lock lock(mutex_);
  if (lost_) return false;
  if (pages < pages_) copied_ = waited_at_ = 0;  // a new log
  pages_ = pages;
  const int left = pages - copied_;
  const bool is_long = pages >= kPagesLong;
  const bool is_idle = !wanted_ && !running_;
  if (left >= (is_long ? kPagesLeft : kPagesWanted) && !wanted_) {
    wanted_ = true;
    changed_.notify_all();
  }
  const bool is_time = pages >= kPagesTooLong || (is_long && is_idle && left < kPagesLeft);
  if (!is_time || (waited_at_ > 0 && pages < waited_at_ + kPagesBetween)) return true;
  waited_at_ = pages;
  wanted_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return lost_ || (!wanted_ && !running_); });
  return !lost_;
}

void Checkpointer::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || wanted_; });
    if (stopping_) return;
    wanted_ = false;
    running_ = true;
    const int asked_at = pages_;
    lock.unlock();
    const Outcome outcome = checkpoint();
    lock.lock();
    running_ = false;
    lost_ = !outcome.synced;
    if (pages_ >= asked_at) copied_ = outcome.copied;
    changed_.notify_all();
    if (lost_) return;
  }
}

// A checkpoint that fails for another reason is tried again when the log has grown; until then all is in the log.
Checkpointer::Outcome Checkpointer::checkpoint() noexcept {
  int pages = 0;
  int copied = 0;
  const int result =
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
  if (result != SQLITE_OK || copied < 0) {
    const bool by_sync = sqlite3_extended_errcode(connection_.handle()) == SQLITE_IOERR_FSYNC;
    return {.copied = 0, .synced = !by_sync};
  }
  return {.copied = copied, .synced = copied == pages || sync(connection_.handle())};
}

}  // namespace keyfence::sqlite
