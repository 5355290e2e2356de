#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "libs/admin/http/connection.h"
#include "libs/admin/http/server.h"
#include "libs/admin/http/worker_pool.h"

namespace keyfence {

// What the connections of one server share, and which of them are open.
//
// Threads  Safe; close_all() from one thread, once.
// Lifetime Outlives its connections.
class HttpConnections {
 public:
  HttpConnections(HttpServerOptions options, HttpApplication& application);

  [[nodiscard]] const HttpServerOptions& options() const noexcept { return options_; }
  [[nodiscard]] HttpApplication& application() noexcept { return application_; }
  [[nodiscard]] WorkerPool& workers() noexcept { return workers_; }

  // Counts it until it is removed. false: there are connections_max without it.
  [[nodiscard]] bool add(const std::shared_ptr<HttpConnection>& connection);
  void remove(const HttpConnection* connection);

  // Room for a long body; false if there is none.
  [[nodiscard]] bool take_room(std::size_t bytes) noexcept {
    if (long_bodies_bytes_.fetch_add(bytes) + bytes <= options_.long_bodies_bytes_max) return true;
    give_back_room(bytes);
    return false;
  }
  void give_back_room(std::size_t bytes) noexcept { long_bodies_bytes_.fetch_sub(bytes); }

  // From begin_stop() on, no connection reads a further request.
  void begin_stop() noexcept { stopping_ = true; }
  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(); }
  // Lets running requests finish for at most stop_timeout, closes, ends the workers. Needs the loops of the
  // connections.
  void close_all();

 private:
  void each(void (HttpConnection::*act)());

  const HttpServerOptions options_;
  HttpApplication& application_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> long_bodies_bytes_{0};
  std::mutex mutex_;
  std::condition_variable all_closed_;
  std::unordered_map<const HttpConnection*, std::weak_ptr<HttpConnection>> open_;
  WorkerPool workers_;
};

}  // namespace keyfence
