#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "libs/store/sqlite/log_sync.h"
#include "libs/store/sqlite/transaction.h"

namespace keyfence::sqlite {

inline constexpr std::size_t kWaitingWorksMax = 4096;      // callers beyond these wait to be let into the queue
inline constexpr std::size_t kBatchWorksMax = 256;         // works that one COMMIT writes together
inline constexpr std::size_t kUnsyncedBatchesMax = 16;     // committed, and not yet known to be on the disk
inline constexpr std::uint64_t kChangeRowsKept = 100'000;  // older ones are pruned: who needs them takes a snapshot

// The one writer: a thread that runs the works that wait, each in a savepoint, and commits them together; and beside
// it one that waits for the disk.
//
// Shape    One COMMIT for all works that waited when it began, which writes them to the log. The second thread syncs
//          the log once for all batches that were committed when it began; then on_committed, then the answers. So the
//          next works run while the disk is waited for. A work that fails rolls back alone. If the COMMIT fails, none
//          of its works stands; those of a larger batch are then tried one by one, so that one too large for the disk
//          does not take others with it. If a sync fails, nothing after the last good one is answered as done, and no
//          further work is run.
// Threads  run() from any thread but its own two.
class GroupCommit {
 public:
  explicit GroupCommit(const std::string& path);
  ~GroupCommit();  // after the works that wait
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  [[nodiscard]] StoreResult<Committed> run(const Work& work);
  // Returns when no call of the callback before is under way; not to be called by a callback.
  void on_committed(ControlStore::OnCommitted callback);
  // Called on the writing thread after commits, with the pages that wait in the write-ahead log. False: a sync of the
  // store's file has failed, and no further work is to be run.
  void on_log_growth(std::function<bool(int pages)> callback);

 private:
  using Answer = std::promise<StoreResult<Committed>>;
  struct Waiting {
    const Work* work;
    Answer answer;
  };
  struct Batch {
    std::vector<StoreResult<Committed>> outcomes;
    std::vector<PolicyChange> changes;
    Revision revision;  // after the batch
  };
  struct Unsynced {
    std::vector<StoreResult<Committed>> outcomes;
    std::vector<Answer> answers;  // one for each outcome
    std::vector<PolicyChange> changes;
  };

  void write_loop();
  [[nodiscard]] std::vector<Waiting> take();
  void serve(std::span<Waiting> waiting);
  // As many of the works as one commit takes, from the first; the error if they could not be committed.
  [[nodiscard]] StoreResult<Batch> commit(std::span<Waiting> waiting);
  [[nodiscard]] StoreResult<Committed> run_one(const Work& work, Batch& batch);
  void prune_changes(std::size_t batch_size);
  void tell_log_growth();
  void pass_on(Unsynced&& batch);  // to the other thread; waits while that has many
  [[nodiscard]] std::optional<StoreError> sync_failure();

  void sync_loop();
  [[nodiscard]] std::vector<Unsynced> take_unsynced();
  void publish(std::vector<Unsynced>& batches);

  Connection connection_;
  Reads reads_;
  Writes writes_;
  Statement begin_, commit_, savepoint_, release_, roll_back_to_, prune_;
  LogSync log_;
  Revision revision_;
  std::uint64_t oldest_change_ = 0;
  int log_pages_ = 0;

  std::mutex callback_mutex_;
  ControlStore::OnCommitted on_committed_;
  std::mutex log_callback_mutex_;
  std::function<bool(int)> on_log_growth_;

  std::mutex queue_mutex_;
  std::condition_variable work_waits_, room_;
  std::deque<Waiting> queue_;
  bool stopping_ = false;

  std::mutex unsynced_mutex_;
  std::condition_variable batch_waits_, batch_room_;
  std::vector<Unsynced> unsynced_;
  std::optional<StoreError> sync_failure_;
  bool written_all_ = false;  // no further batch comes

  std::thread writer_, syncer_;  // last: they use all the rest
};

}  // namespace keyfence::sqlite
