#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "libs/store/control_store.h"
#include "libs/store/sqlite/hot_rows.h"
#include "libs/store/sqlite/reads.h"

namespace keyfence::sqlite {

// Read-only connections, each lent to one caller at a time.
class ReadPool {
 public:
  explicit ReadPool(const std::string& path);

  // On the connection that this thread holds, if it does.
  template <class Function>
  auto with(Function&& function) {
    if (held_.pool == this) return function(held_.lane->reads);
    const Lease lease(*this, take());
    return function(lease.lane->reads);
  }

  // nullptr: no connection is free. While it is held, the thread finds the number in held_since().
  [[nodiscard]] std::unique_ptr<ControlStore::ReadHold> try_hold(HotRows::Generation since);
  [[nodiscard]] std::optional<HotRows::Generation> held_since() const noexcept {
    return held_.pool == this ? std::optional(held_.since) : std::nullopt;
  }

 private:
  static constexpr std::size_t kConnections = 8;

  struct Lane {
    explicit Lane(const std::string& path);
    Connection connection;
    Reads reads;
    Statement begin, end;
  };
  struct Lease {
    Lease(ReadPool& owner, std::unique_ptr<Lane> taken) : pool(&owner), lane(std::move(taken)) {}
    ~Lease() { pool->give_back(std::move(lane)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    ReadPool* pool;
    std::unique_ptr<Lane> lane;
  };
  class Hold;
  // What this thread holds, of which pool.
  struct Held {
    const ReadPool* pool = nullptr;
    Lane* lane = nullptr;
    HotRows::Generation since = 0;
  };

  [[nodiscard]] std::unique_ptr<Lane> take();  // waits for one
  void give_back(std::unique_ptr<Lane> lane);

  static thread_local Held held_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Lane>> free_;
};

}  // namespace keyfence::sqlite
