#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {

// Moves what was committed from the write-ahead log into the file, on a thread of its own, so that no commit waits for
// it. Passive: neither readers nor the writer are stopped.
class Checkpointer {
 public:
  explicit Checkpointer(const std::string& path);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Tells how long the log is; cheap. Called by the writer. Where writes follow each other so fast that the log never
  // comes to an end, it lets the writer wait for one checkpoint, after which the log begins anew: once nearly all of
  // the log is in the file, and on the disk, so that little is left to wait for.
  // False once a sync of the file has failed. Then nobody knows what of the file is on the disk, and no checkpoint is
  // made any more: the log keeps all, for whoever opens the store next.
  [[nodiscard]] bool log_has(int pages);

 private:
  void loop();
  struct Outcome {
    int copied = 0;  // pages of the log that are in the file then, and on the disk
    bool synced = true;
  };
  [[nodiscard]] Outcome checkpoint() noexcept;

  Connection connection_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool running_ = false;
  bool stopping_ = false;
  bool lost_ = false;
  int pages_ = 0;
  int copied_ = 0;  // of them, by the last checkpoint
  int waited_at_ = 0;
  std::thread thread_;
};

}  // namespace keyfence::sqlite
