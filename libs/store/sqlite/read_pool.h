#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "libs/store/sqlite/reads.h"

namespace keyfence::sqlite {

// Read-only connections, each lent to one caller at a time.
class ReadPool {
 public:
  explicit ReadPool(const std::string& path) {
    for (std::size_t i = 0; i < kConnections; ++i) free_.push_back(std::make_unique<Lane>(path));
  }

  template <class Function>
  auto with(Function&& function) {
    const Lease lease(*this);
    return function(lease.lane->reads);
  }

 private:
  static constexpr std::size_t kConnections = 4;

  struct Lane {
    explicit Lane(const std::string& path) : connection(path, Access::kReadOnly), reads(connection) {}
    Connection connection;
    Reads reads;
  };
  struct Lease {
    explicit Lease(ReadPool& owner) : pool(&owner) {
      std::unique_lock lock(pool->mutex_);
      pool->returned_.wait(lock, [this] { return !pool->free_.empty(); });
      lane = std::move(pool->free_.back());
      pool->free_.pop_back();
    }
    ~Lease() {
      {
        const std::lock_guard lock(pool->mutex_);
        pool->free_.push_back(std::move(lane));
      }
      pool->returned_.notify_one();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    ReadPool* pool;
    std::unique_ptr<Lane> lane;
  };

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Lane>> free_;
};

}  // namespace keyfence::sqlite
