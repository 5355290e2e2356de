#include "libs/store/sqlite/read_pool.h"

#include <utility>

#include "libs/base/assert.h"

namespace keyfence::sqlite {

thread_local ReadPool::Held ReadPool::held_;

// A transaction begins to read, and to lock, with its first statement.
class ReadPool::Hold final : public ControlStore::ReadHold {
 public:
  Hold(ReadPool& pool, std::unique_ptr<Lane> lane, HotRows::Generation since) : lease_(pool, std::move(lane)) {
    lease_.lane->begin.execute();
    held_ = {&pool, lease_.lane.get(), since};
  }
  // NOLINTNEXTLINE(bugprone-exception-escape): memory alone can fail here, and then the process may end
  ~Hold() override {
    held_ = {};
    try {
      lease_.lane->end.execute();
    } catch (const sql::Failure&) {
      lease_.lane->connection.roll_back();
    }
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Lease lease_;
};

ReadPool::Lane::Lane(const std::string& path)
    : connection(path, Access::kReadOnly), reads(connection), begin(connection, "BEGIN"), end(connection, "COMMIT") {
  // The inner pages of a store of millions of rows; without it they are read again for each row.
  connection.execute("PRAGMA cache_size = -16384");
}

ReadPool::ReadPool(const std::string& path) {
  for (std::size_t i = 0; i < kConnections; ++i) free_.push_back(std::make_unique<Lane>(path));
}

std::unique_ptr<ControlStore::ReadHold> ReadPool::try_hold(HotRows::Generation since) {
  KF_ASSERT(held_.pool == nullptr);
  std::unique_ptr<Lane> lane;
  {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return nullptr;
    lane = std::move(free_.back());
    free_.pop_back();
  }
  return std::make_unique<Hold>(*this, std::move(lane), since);
}

std::unique_ptr<ReadPool::Lane> ReadPool::take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !free_.empty(); });
  std::unique_ptr<Lane> lane = std::move(free_.back());
  free_.pop_back();
  return lane;
}

void ReadPool::give_back(std::unique_ptr<Lane> lane) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(lane));
  }
  returned_.notify_one();
}

}  // namespace keyfence::sqlite
