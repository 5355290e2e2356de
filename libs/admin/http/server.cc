#include "libs/admin/http/server.h"

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "libs/admin/http/connection.h"
#include "libs/admin/http/connections.h"

namespace keyfence {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

IpAddress address_of(const tcp::endpoint& endpoint) noexcept {
  if (endpoint.address().is_v4()) return IpAddress::v4(endpoint.address().to_v4().to_uint());
  const auto bytes = endpoint.address().to_v6().to_bytes();
  return IpAddress::from_bytes(std::span<const std::uint8_t>(bytes.data(), bytes.size())).value_or(IpAddress::v4(0));
}

// One thread that reads and writes for its share of the connections. What a connection does needs no lock, and no other
// thread is woken for it.
struct Loop {
  asio::io_context io{1};
  // A request on a worker is no work to io: without this the thread would leave before the answer.
  asio::executor_work_guard<HttpExecutor> keep_running{io.get_executor()};
  std::thread thread;
};

class Server final : public HttpServer {
 public:
  Server(HttpServerOptions options, HttpApplication& application)
      : connections_(std::move(options), application),
        loops_(std::max<std::size_t>(connections_.options().io_threads, 1)),
        acceptor_(loops_.front().io) {}
  // NOLINTNEXTLINE(bugprone-exception-escape): memory alone can fail here, and then the process may end
  ~Server() override { stop_all(); }

  std::optional<std::string> listen();
  [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
  void stop() override { stop_all(); }

 private:
  void accept();
  void admit(HttpSocket socket);
  void stop_all();

  std::uint16_t port_ = 0;
  bool stopped_ = false;
  HttpConnections connections_;  // before loops_: their destruction ends the last connections
  std::vector<Loop> loops_;
  std::size_t turn_ = 0;  // the loop of the next connection
  asio::basic_socket_acceptor<tcp, HttpExecutor> acceptor_;
};

std::optional<std::string> Server::listen() {
  const HttpServerOptions& options = connections_.options();
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return "not an address to listen on: " + options.address;
  const tcp::endpoint endpoint(address, options.port);
  const auto failed = [&](std::string_view what) {
    return "cannot " + std::string(what) + " " + options.address + ":" + std::to_string(options.port) + ": " +
           error.message();
  };
  acceptor_.open(endpoint.protocol(), error);
  if (error) return failed("open a socket for");
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (error) return failed("configure");
  acceptor_.bind(endpoint, error);
  if (error) return failed("bind to");
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed("listen on");
  port_ = acceptor_.local_endpoint(error).port();
  accept();
  for (Loop& loop : loops_) loop.thread = std::thread([&loop] { loop.io.run(); });
  return std::nullopt;
}

void Server::accept() {
  turn_ = (turn_ + 1) % loops_.size();
  acceptor_.async_accept(loops_[turn_].io, [this](error_code error, HttpSocket socket) {
    if (connections_.stopping()) return;
    if (!error) {
      admit(std::move(socket));
    } else if (error == asio::error::no_descriptors) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // until a connection has ended
    }
    accept();
  });
}

void Server::admit(HttpSocket socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;  // gone again
  socket.set_option(tcp::no_delay(true), error);
  socket.non_blocking(true, error);  // of writes that are tried before they are waited for
  if (error) return;
  const auto connection = HttpConnection::make(connections_, std::move(socket), address_of(peer));
  if (!connections_.add(connection)) return connection->start_refusing();
  connection->start();
}

void Server::stop_all() {
  if (stopped_) return;
  stopped_ = true;
  connections_.begin_stop();
  asio::dispatch(acceptor_.get_executor(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
  });
  connections_.close_all();
  for (Loop& loop : loops_) loop.io.stop();
  for (Loop& loop : loops_) {
    if (loop.thread.joinable()) loop.thread.join();
  }
}

}  // namespace

Result<std::unique_ptr<HttpServer>, std::string> HttpServer::start(HttpServerOptions options,
                                                                   HttpApplication& application) {
  auto server = std::make_unique<Server>(std::move(options), application);
  if (auto failure = server->listen()) return Err{std::move(*failure)};
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace keyfence
