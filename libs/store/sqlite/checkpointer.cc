#include "libs/store/sqlite/checkpointer.h"

namespace keyfence::sqlite {
namespace {

constexpr int kPagesWanted = 1'000;   // 4 MB: begin a checkpoint beside the writer
constexpr int kPagesLong = 16'000;    // 64 MB: the writer waits for one
constexpr int kPagesBetween = 4'000;  // and, where a long read keeps the log from beginning anew, not at every commit

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
  if (pages < kPagesWanted) {
    waited_at_ = 0;
    return;
  }
  std::unique_lock lock(mutex_);
  wanted_ = true;
  changed_.notify_all();
  if (pages < kPagesLong || pages < waited_at_ + kPagesBetween) return;
  waited_at_ = pages;
  changed_.wait(lock, [this] { return !wanted_ && !running_; });
}

void Checkpointer::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || wanted_; });
    if (stopping_) return;
    wanted_ = false;
    running_ = true;
    lock.unlock();
    checkpoint();
    lock.lock();
    running_ = false;
    changed_.notify_all();
  }
}

// A checkpoint that fails is tried again when the log has grown; until then all is in the log.
void Checkpointer::checkpoint() noexcept {
  sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace keyfence::sqlite
