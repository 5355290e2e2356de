#include "libs/store/sqlite/checkpointer.h"

namespace keyfence::sqlite {
namespace {

constexpr int kPagesWanted = 1'000;    // 4 MB: begin a checkpoint beside the writer
constexpr int kPagesLong = 16'000;     // 64 MB: the writer waits for one, if little is left to copy
constexpr int kPagesLeft = 500;        // so little
constexpr int kPagesTooLong = 64'000;  // 256 MB: the writer waits, however much is left
constexpr int kPagesBetween = 4'000;   // and, where a long read keeps the log from beginning anew, not at every commit

// SQLite syncs the file only when it has copied the whole log, which it never has while the writer goes on; then the
// one who waits for the last pages would wait for the disk to take all of them.
void sync(sqlite3* handle) noexcept {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr) return;
  if (file->pMethods != nullptr) file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
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

void Checkpointer::log_has(int pages) {
  std::unique_lock lock(mutex_);
  if (pages < pages_) copied_ = waited_at_ = 0;  // a new log
  pages_ = pages;
  const int left = pages - copied_;
  if (left >= kPagesWanted && !wanted_) {
    wanted_ = true;
    changed_.notify_all();
  }
  const bool is_time = pages >= kPagesTooLong || (pages >= kPagesLong && left <= kPagesLeft);
  if (!is_time || (waited_at_ > 0 && pages < waited_at_ + kPagesBetween)) return;
  waited_at_ = pages;
  wanted_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !wanted_ && !running_; });
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
    const int copied = checkpoint();
    lock.lock();
    running_ = false;
    if (pages_ >= asked_at) copied_ = copied;
    changed_.notify_all();
  }
}

// Of a long log, what came during the sync is copied at once, so that the writer, which is to wait for the last pages,
// finds few of them, and few for the disk to take.
int Checkpointer::checkpoint() noexcept {
  const Pages first = copy();
  if (first.copied == first.in_log) return first.copied;
  sync(connection_.handle());
  return first.in_log < kPagesLong ? first.copied : copy().copied;
}

// A checkpoint that fails is tried again when the log has grown; until then all is in the log.
Checkpointer::Pages Checkpointer::copy() noexcept {
  Pages pages;
  const int result =
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages.in_log, &pages.copied);
  return result != SQLITE_OK || pages.copied < 0 ? Pages{} : pages;
}

}  // namespace keyfence::sqlite
