#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace keyfence {

// Threads that run jobs in the order of arrival, with a bounded queue.
//
// Errors   try_post() answers false when the queue is full or the pool is stopping: the job was not taken.
// Threads  Safe. A job is told the number of its worker, 0 to workers - 1; jobs do not throw.
class WorkerPool {
 public:
  using Job = std::function<void(std::size_t worker)>;

  WorkerPool(std::size_t workers, std::size_t queue_max);
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  [[nodiscard]] bool try_post(Job job);
  void stop();  // takes no more, finishes what was taken, joins

 private:
  void run(std::size_t worker);

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace keyfence
