#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "libs/store/sqlite/transaction.h"

namespace keyfence::sqlite {

inline constexpr std::size_t kWaitingWorksMax = 4096;      // callers beyond these wait to be let into the queue
inline constexpr std::size_t kBatchWorksMax = 256;         // works that one COMMIT makes durable together
inline constexpr std::uint64_t kChangeRowsKept = 100'000;  // older ones are pruned: who needs them takes a snapshot

// The one writer: a thread that runs the works that wait, each in a savepoint, and commits them together.
//
// Shape    One COMMIT, and so one sync of the disk, for all works that waited when it began. Then on_committed, then
//          the answers. A work that fails rolls back alone. If the COMMIT fails, none of its works stands; those of a
//          larger batch are then tried one by one, so that one too large for the disk does not take others with it.
// Threads  run() from any thread but the writer's own.
class GroupCommit {
 public:
  explicit GroupCommit(const std::string& path);
  ~GroupCommit();  // after the works that wait
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  [[nodiscard]] StoreResult<Committed> run(const Work& work);
  // Returns when no call of the callback before is under way; not to be called by a callback.
  void on_committed(ControlStore::OnCommitted callback);
  // Called on the writing thread after commits, with the pages that wait in the write-ahead log.
  void on_log_growth(std::function<void(int pages)> callback);

 private:
  struct Waiting {
    const Work* work;
    std::promise<StoreResult<Committed>> answer;
  };
  struct Batch {
    std::vector<StoreResult<Committed>> outcomes;
    std::vector<PolicyChange> changes;
    Revision revision;  // after the batch
  };

  void loop();
  [[nodiscard]] std::vector<Waiting> take();
  void serve(std::span<Waiting> waiting);
  // As many of the works as one commit takes, from the first; the error if they could not be committed.
  [[nodiscard]] StoreResult<Batch> commit(std::span<Waiting> waiting);
  [[nodiscard]] StoreResult<Committed> run_one(const Work& work, Batch& batch);
  void prune_changes(std::size_t batch_size);
  void publish(Batch& batch);

  Connection connection_;
  Reads reads_;
  Writes writes_;
  Statement begin_, commit_, savepoint_, release_, roll_back_to_, prune_;
  Revision revision_;
  std::uint64_t oldest_change_ = 0;
  int log_pages_ = 0;

  std::mutex callback_mutex_;
  ControlStore::OnCommitted on_committed_;
  std::function<void(int)> on_log_growth_;

  std::mutex queue_mutex_;
  std::condition_variable work_waits_, room_;
  std::deque<Waiting> queue_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all the rest
};

}  // namespace keyfence::sqlite
