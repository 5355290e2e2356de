#include "libs/admin/http/connections.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace keyfence {

HttpConnections::HttpConnections(HttpServerOptions options, HttpApplication& application)
    : options_(std::move(options)),
      application_(application),
      workers_(std::max<std::size_t>(options_.workers, 1), options_.queue_max) {}

bool HttpConnections::add(const std::shared_ptr<HttpConnection>& connection) {
  const std::lock_guard lock(mutex_);
  const bool has_room = open_.size() < options_.connections_max;
  open_.emplace(connection.get(), connection);
  return has_room;
}

void HttpConnections::remove(const HttpConnection* connection) {
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
  if (open_.empty()) all_closed_.notify_all();
}

// Outside of the lock: the last to hold a connection removes it.
void HttpConnections::each(void (HttpConnection::*act)()) {
  std::vector<std::shared_ptr<HttpConnection>> alive;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [connection, weak] : open_) {
      if (auto shared = weak.lock()) alive.push_back(std::move(shared));
    }
  }
  for (const auto& connection : alive) (connection.get()->*act)();
}

void HttpConnections::close_all() {
  each(&HttpConnection::close_when_idle);
  {
    std::unique_lock lock(mutex_);
    all_closed_.wait_for(lock, options_.stop_timeout, [this] { return open_.empty(); });
  }
  each(&HttpConnection::close_now);
  workers_.stop();
}

}  // namespace keyfence
