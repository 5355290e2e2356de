#include "libs/store/sqlite/group_commit.h"

#include <algorithm>
#include <utility>

namespace keyfence::sqlite {
namespace {

Connection open_writer(const std::string& path) {
  Connection connection(path, Access::kReadWrite);
  // Commits are synced by a thread of their own, and checkpoints made beside the writer, see Checkpointer: what NORMAL
  // still syncs is what either needs to find a whole log after a power failure. Deleted content need not be zeroed at
  // once. The checks of the schema are kept by the types of what is written; SQLite builds a table for each list of
  // allowed values that it compares with, for every row anew. The log's file keeps the room that it needs at most
  // times: a sync of a file that has grown takes longer.
  connection.execute(
      "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = FAST;"
      " PRAGMA ignore_check_constraints = ON;"
      " PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA journal_size_limit = 167772160;");
  return connection;
}

Standing standing_of(Connection& connection, Reads& reads) {
  Statement head(connection, "SELECT id, hash FROM audit_head");
  Rows rows = head.query();
  if (!rows.next()) fail_corrupt("the head of the audit log is missing");
  return {reads.revision(), rows.id(0), rows.digest(1)};
}

std::uint64_t oldest_change(Connection& connection) {
  Statement oldest(connection, "SELECT min(revision) FROM changes");
  Rows rows = oldest.query();
  return rows.next() ? rows.id(0) : 0;
}

int note_log_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

GroupCommit::GroupCommit(const std::string& path, HotRows& hot_rows, std::chrono::nanoseconds batch_time)
    : connection_(open_writer(path)),
      reads_(connection_),
      writes_(connection_),
      begin_(connection_, "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      savepoint_(connection_, "SAVEPOINT change_set"),
      release_(connection_, "RELEASE change_set"),
      roll_back_to_(connection_, "ROLLBACK TO change_set"),
      prune_(connection_, "DELETE FROM changes WHERE revision < ?"),
      set_revision_(connection_, "UPDATE counter SET revision = ?"),
      set_audit_head_(connection_, "UPDATE audit_head SET id = ?, hash = ?"),
      log_(path),
      hot_rows_(&hot_rows),
      batch_time_(batch_time),
      standing_(standing_of(connection_, reads_)),
      oldest_change_(oldest_change(connection_)) {
  sqlite3_wal_hook(connection_.handle(), note_log_pages, &log_pages_);
  syncer_ = std::thread([this] { sync_loop(); });
  writer_ = std::thread([this] { write_loop(); });
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
  }
  work_waits_.notify_all();
  writer_.join();
  {
    const std::lock_guard lock(unsynced_mutex_);
    written_all_ = true;
  }
  batch_waits_.notify_all();
  syncer_.join();
}

StoreResult<Committed> GroupCommit::run(const Work& work) {
  KF_ASSERT(std::this_thread::get_id() != writer_.get_id() && std::this_thread::get_id() != syncer_.get_id());
  std::future<StoreResult<Committed>> answer;
  {
    std::unique_lock lock(queue_mutex_);
    room_.wait(lock, [this] { return queue_.size() < kWaitingWorksMax; });
    queue_.push_back({&work, {}});
    answer = queue_.back().answer.get_future();
  }
  work_waits_.notify_one();
  return answer.get();
}

void GroupCommit::on_committed(ControlStore::OnCommitted callback) {
  const std::lock_guard lock(callback_mutex_);
  on_committed_ = std::move(callback);
}

void GroupCommit::on_log_growth(std::function<bool(int)> callback) {
  const std::lock_guard lock(log_callback_mutex_);
  on_log_growth_ = std::move(callback);
}

void GroupCommit::write_loop() {
  while (true) {
    std::vector<Waiting> waiting = take();
    if (waiting.empty()) return;
    serve(std::move(waiting));
  }
}

std::vector<GroupCommit::Waiting> GroupCommit::take() {
  std::vector<Waiting> taken;
  {
    std::unique_lock lock(queue_mutex_);
    work_waits_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    move_queue(taken);
  }
  room_.notify_all();
  return taken;
}

bool GroupCommit::take_more(std::vector<Waiting>& waiting) {
  {
    std::unique_lock lock(queue_mutex_);
    work_waits_.wait(lock, [this] { return !syncing_ || !queue_.empty(); });
    if (queue_.empty()) return false;
    move_queue(waiting);
  }
  room_.notify_all();
  return true;
}

void GroupCommit::move_queue(std::vector<Waiting>& to) {
  const std::size_t count = std::min(queue_.size(), kBatchWorksMax - std::min(to.size(), kBatchWorksMax));
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  to.insert(to.end(), std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
}

void GroupCommit::serve(std::vector<Waiting> waiting) {
  if (const std::optional<StoreError> failure = sync_failure()) {
    for (Waiting& one : waiting) one.answer.set_value(Err{*failure});
    return;
  }
  Grouping grouping = Grouping::kTogether;
  while (!waiting.empty()) {
    StoreResult<Batch> batch = commit(waiting, grouping);
    if (!batch) {
      if (grouping == Grouping::kTogether) {
        grouping = Grouping::kInSavepoints;
      } else if (grouping == Grouping::kInSavepoints && waiting.size() > 1) {
        grouping = Grouping::kAlone;  // each for itself, from here on
      } else {
        waiting.front().answer.set_value(Err{batch.error()});
        waiting.erase(waiting.begin());
      }
      continue;
    }
    const auto done = waiting.begin() + static_cast<std::ptrdiff_t>(batch->outcomes.size());
    Unsynced unsynced{std::move(batch->outcomes), {}, std::move(batch->changes)};
    for (auto one = waiting.begin(); one != done; ++one) unsynced.answers.push_back(std::move(one->answer));
    waiting.erase(waiting.begin(), done);
    pass_on(std::move(unsynced));
    tell_log_growth();
  }
}

StoreResult<GroupCommit::Batch> GroupCommit::commit(std::vector<Waiting>& waiting, Grouping grouping) {
  Batch batch;
  batch.standing = standing_;
  StoreResult<void> result = guarded([&] {
    begin_.execute();
    batch.rows_at_begin = sqlite3_total_changes64(connection_.handle());
    std::chrono::steady_clock::duration spent{};
    do {
      const auto began = std::chrono::steady_clock::now();
      const Work& work = *waiting[batch.outcomes.size()].work;
      batch.outcomes.push_back(grouping == Grouping::kTogether ? run_bare(work, batch) : run_in_savepoint(work, batch));
      spent += std::chrono::steady_clock::now() - began;
    } while (grouping != Grouping::kAlone && spent < batch_time_ && batch.outcomes.size() < kBatchWorksMax &&
             (batch.outcomes.size() < waiting.size() || take_more(waiting)));
    write_standing(batch.standing);
    prune_changes(batch.outcomes.size());
    commit_.execute();
  });
  if (!result) {
    connection_.roll_back();
    return Err{result.error()};
  }
  standing_ = batch.standing;
  if (batch.touched_hot_rows) hot_rows_->forget();
  return batch;
}

// For a savepoint SQLite copies every page that is written, and most works that fail have written nothing.
StoreResult<Committed> GroupCommit::run_bare(const Work& work, Batch& batch) {
  const sqlite3_int64 rows_before = sqlite3_total_changes64(connection_.handle());
  StoreResult<Committed> result = run_one(work, batch);
  if (result || sqlite3_total_changes64(connection_.handle()) == rows_before) return result;
  if (rows_before != batch.rows_at_begin) throw Failure{result.error()};
  connection_.roll_back();  // all that was written is its own
  begin_.execute();
  batch.rows_at_begin = sqlite3_total_changes64(connection_.handle());
  return result;
}

StoreResult<Committed> GroupCommit::run_in_savepoint(const Work& work, Batch& batch) {
  savepoint_.execute();
  StoreResult<Committed> result = run_one(work, batch);
  if (!result) roll_back_to_.execute();
  release_.execute();
  return result;
}

StoreResult<Committed> GroupCommit::run_one(const Work& work, Batch& batch) {
  SqliteTransaction transaction(reads_, writes_, batch.standing);
  std::optional<PolicyChange> change;
  StoreResult<void> result;
  StoreResult<void> ran = guarded([&] {
    result = work(transaction);
    if (result) change = transaction.finish();
  });
  if (!ran) result = std::move(ran);
  if (!result) {
    // Out of space or unreadable, SQLite gives up the whole transaction: then nothing of the batch stands.
    if (!connection_.in_transaction()) throw Failure{result.error()};
    return Err{result.error()};
  }
  batch.touched_hot_rows |= transaction.touched_hot_rows();
  batch.standing = transaction.standing();
  const Committed committed{batch.standing.revision, change.has_value()};
  if (change) batch.changes.push_back(*std::move(change));
  return committed;
}

// Once for all works of a batch.
void GroupCommit::write_standing(const Standing& standing) {
  if (standing.revision != standing_.revision) set_revision_.execute(standing.revision);
  if (standing.audit_id != standing_.audit_id) set_audit_head_.execute(standing.audit_id, standing.audit_hash);
}

// A few at a time, but faster than they come.
void GroupCommit::prune_changes(std::size_t batch_size) {
  if (standing_.revision.value <= kChangeRowsKept) return;
  const std::uint64_t keep_from = standing_.revision.value - kChangeRowsKept + 1;
  if (oldest_change_ >= keep_from) return;
  oldest_change_ = std::min(keep_from, oldest_change_ + 2 * batch_size + 16);
  prune_.execute(oldest_change_);
}

void GroupCommit::tell_log_growth() {
  {
    const std::lock_guard lock(log_callback_mutex_);
    if (!on_log_growth_ || on_log_growth_(log_pages_)) return;
  }
  const std::lock_guard lock(unsynced_mutex_);
  if (!sync_failure_) sync_failure_ = LogSync::failure("the sync of a checkpoint failed");
}

void GroupCommit::pass_on(Unsynced&& batch) {
  {
    std::unique_lock lock(queue_mutex_);
    work_waits_.wait(lock, [this] { return !syncing_; });
    syncing_ = true;
  }
  {
    const std::lock_guard lock(unsynced_mutex_);
    unsynced_ = std::move(batch);
  }
  batch_waits_.notify_one();
}

std::optional<StoreError> GroupCommit::sync_failure() {
  const std::lock_guard lock(unsynced_mutex_);
  return sync_failure_;
}

void GroupCommit::sync_loop() {
  while (std::optional<Unsynced> batch = take_unsynced()) {
    std::optional<StoreError> failure = sync_failure();
    if (!failure) {
      if (StoreResult<void> synced = guarded([this] { log_.sync(); }); !synced) {
        failure = synced.error();
        const std::lock_guard lock(unsynced_mutex_);
        sync_failure_ = failure;
      }
    }
    if (!failure) publish(batch->changes);
    {
      const std::lock_guard lock(queue_mutex_);
      syncing_ = false;
    }
    work_waits_.notify_all();
    for (std::size_t i = 0; i < batch->answers.size(); ++i) {
      if (failure) {
        batch->answers[i].set_value(Err{*failure});
      } else {
        batch->answers[i].set_value(std::move(batch->outcomes[i]));
      }
    }
  }
}

std::optional<GroupCommit::Unsynced> GroupCommit::take_unsynced() {
  std::unique_lock lock(unsynced_mutex_);
  batch_waits_.wait(lock, [this] { return written_all_ || unsynced_; });
  return std::exchange(unsynced_, std::nullopt);
}

void GroupCommit::publish(const std::vector<PolicyChange>& changes) {
  const std::lock_guard lock(callback_mutex_);
  if (on_committed_ && !changes.empty()) on_committed_(changes);
}

}  // namespace keyfence::sqlite
