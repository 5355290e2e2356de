#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "libs/store/sqlite/hot_rows.h"
#include "libs/store/sqlite/log_sync.h"
#include "libs/store/sqlite/transaction.h"

namespace keyfence::sqlite {

inline constexpr std::size_t kWaitingWorksMax = 4096;      // callers beyond these wait to be let into the queue
inline constexpr std::size_t kBatchWorksMax = 256;         // works that one COMMIT writes together
inline constexpr std::uint64_t kChangeRowsKept = 100'000;  // older ones are pruned: who needs them takes a snapshot
// A batch is closed after this time of works even if others wait: those that are done want their answer.
inline constexpr std::chrono::milliseconds kBatchTime{10};

// The one writer: a thread that runs the works that wait and commits them together; and beside it one that waits for
// the disk.
//
// Shape    One COMMIT for all works that came until the other thread was ready for them, which writes them to the log.
//          The other thread syncs the log; then on_committed, then the answers. Meanwhile the next works run, each that
//          comes joins them, and what several of them touch is written once. A work that fails before it has written
//          leaves nothing; if one fails later and is not alone, the batch is rolled back and run again with a savepoint
//          for each. If the COMMIT fails, none of its works stands; they are then tried one by one, so that one too
//          large for the disk does not take others with it. If a sync fails, nothing after the last good one is
//          answered as done, and no further work is run.
// Threads  run() from any thread but its own two.
class GroupCommit {
 public:
  GroupCommit(const std::string& path, HotRows& hot_rows, std::chrono::nanoseconds batch_time = kBatchTime);
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
  enum class Grouping { kTogether, kInSavepoints, kAlone };
  struct Waiting {
    const Work* work;
    Answer answer;
  };
  struct Batch {
    std::vector<StoreResult<Committed>> outcomes;
    std::vector<PolicyChange> changes;
    Standing standing;               // after the batch
    std::int64_t rows_at_begin = 0;  // that the connection had ever written
    bool touched_hot_rows = false;
  };
  struct Unsynced {
    std::vector<StoreResult<Committed>> outcomes;
    std::vector<Answer> answers;  // one for each outcome
    std::vector<PolicyChange> changes;
  };

  void write_loop();
  // Works that wait, so many at most; none when the thread is to end.
  [[nodiscard]] std::vector<Waiting> take();
  // Waits for works until the other thread is ready for a batch; false if that came first.
  [[nodiscard]] bool take_more(std::vector<Waiting>& waiting);
  void move_queue(std::vector<Waiting>& to);  // with the queue's mutex held
  void serve(std::vector<Waiting> waiting);
  // Commits works from the first, together with those that come meanwhile, or the first alone; the error if that could
  // not be done.
  [[nodiscard]] StoreResult<Batch> commit(std::vector<Waiting>& waiting, Grouping grouping);
  // Throws if the work failed after it and others had written: then all of the batch has to be rolled back.
  [[nodiscard]] StoreResult<Committed> run_bare(const Work& work, Batch& batch);
  [[nodiscard]] StoreResult<Committed> run_in_savepoint(const Work& work, Batch& batch);
  [[nodiscard]] StoreResult<Committed> run_one(const Work& work, Batch& batch);
  void write_standing(const Standing& standing);
  void prune_changes(std::size_t batch_size);
  void tell_log_growth();
  void pass_on(Unsynced&& batch);  // to the other thread; waits while that has another
  [[nodiscard]] std::optional<StoreError> sync_failure();

  void sync_loop();
  [[nodiscard]] std::optional<Unsynced> take_unsynced();
  void publish(const std::vector<PolicyChange>& changes);

  Connection connection_;
  Reads reads_;
  Writes writes_;
  Statement begin_, commit_, savepoint_, release_, roll_back_to_, prune_, set_revision_, set_audit_head_;
  LogSync log_;
  HotRows* hot_rows_;
  std::chrono::nanoseconds batch_time_;
  Standing standing_;
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
  bool syncing_ = false;  // a batch is at the other thread

  std::mutex unsynced_mutex_;
  std::condition_variable batch_waits_;
  std::optional<Unsynced> unsynced_;
  std::optional<StoreError> sync_failure_;
  bool written_all_ = false;  // no further batch comes

  std::thread writer_, syncer_;  // last: they use all the rest
};

}  // namespace keyfence::sqlite
