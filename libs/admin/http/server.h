#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/http/message.h"
#include "libs/base/result.h"

namespace keyfence {

// What the server serves.
class HttpApplication {
 public:
  virtual ~HttpApplication() = default;

  // On a worker; may block. worker is 0 to workers - 1, and each runs one request at a time.
  [[nodiscard]] virtual HttpResponse handle(const HttpRequest& request, std::size_t worker) noexcept = 0;
  // On a worker, before the body is read, where that is longer than kUnjudgedBodyBytes, or may be because its length is
  // not told: so that nobody who may not ask fills the memory. nullopt: read on, then handle().
  static constexpr std::size_t kUnjudgedBodyBytes = 64 * 1024;
  [[nodiscard]] virtual std::optional<HttpResponse> refuse_head(const HttpRequest& /*head*/,
                                                                std::size_t /*worker*/) noexcept {
    return std::nullopt;
  }
  // On the thread that read the request, which thereby saves two changes of threads: only what asks little and waits
  // for nothing. nullopt: handle() it.
  [[nodiscard]] virtual std::optional<HttpResponse> handle_at_once(const HttpRequest& request) noexcept = 0;
  // The answer to what the server itself refuses. code is one of the API's stable codes.
  [[nodiscard]] virtual HttpResponse refuse(int status, std::string_view code, std::string_view detail) noexcept = 0;
  [[nodiscard]] virtual std::size_t body_bytes_max(HttpMethod method, std::string_view path) const noexcept = 0;
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
  std::size_t io_threads = 2;
  std::size_t workers = 32;
  std::size_t queue_max = 1024;
  std::size_t connections_max = 1024;
  std::size_t header_bytes_max = 32 * 1024;
  std::size_t header_line_bytes_max = 8 * 1024;
  std::size_t body_bytes_max = 16 * 1024 * 1024;          // whatever the application says
  std::size_t long_bodies_bytes_max = 256 * 1024 * 1024;  // of those that are judged before they are read, together
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds stop_timeout{10'000};
};

// HTTP/1.1 on one address: keep-alive, pipelining in order, chunked and counted bodies.
//
// Shape    A body that is made in pieces is sent chunked, to an HTTP/1.0 client until the connection closes. The next
//          piece is asked for when the last one is sent: one piece is in memory, and no worker waits for a client.
// Errors   A request that cannot be told apart from the next one (two lengths, a length and a transfer coding, an
//          unknown coding, junk) is refused with 400 and the connection is closed. 413, 431 and 503 likewise. A client
//          that is slower than the timeouts is cut off. Over connections_max a new connection is answered 503 at once.
// Threads  start() and stop() from one thread; the application is called from workers and I/O threads.
class HttpServer {
 public:
  // Listens when it returns. The application outlives the server.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>, std::string> start(HttpServerOptions options,
                                                                              HttpApplication& application);
  virtual ~HttpServer() = default;  // stop()

  [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
  // Accepts no more, lets running requests finish for at most stop_timeout, closes, joins.
  virtual void stop() = 0;
};

}  // namespace keyfence
