#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "libs/net/ip_address.h"

namespace keyfence {

class HttpConnections;

// Named types, not the ones that hide their executor: what a request costs is partly that.
using HttpExecutor = boost::asio::io_context::executor_type;
using HttpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, HttpExecutor>;

// One connection of a server: reads a request, has it answered, writes the answer, reads the next.
//
// Errors   Those of HttpServer. A request that is refused before it is read whole ends the connection; so does a client
//          that is slower than the timeouts.
// Threads  The functions from any thread. It reads and writes on the thread of its socket's executor, without a lock;
//          the application is called there or on a worker.
// Lifetime Holds itself while it waits for anything, then is gone and removes itself from the connections it was made
//          for, which outlive it.
class HttpConnection {
 public:
  // socket does not block.
  [[nodiscard]] static std::shared_ptr<HttpConnection> make(HttpConnections& connections, HttpSocket socket,
                                                            const IpAddress& peer);
  HttpConnection() = default;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  virtual ~HttpConnection() = default;

  virtual void start() = 0;
  virtual void start_refusing() = 0;  // 503, whatever is asked: too many are open
  // Closes now if no request is being read or answered, else, while the connections stop, after the answer.
  virtual void close_when_idle() = 0;
  virtual void close_now() = 0;
};

}  // namespace keyfence
