#include "libs/admin/http/server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "libs/admin/http/worker_pool.h"

namespace keyfence {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

// Named types, not the ones that hide their executor: what a request costs is partly that.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

constexpr std::size_t kLingerBytesMax = 32 * 1024 * 1024;
constexpr std::chrono::seconds kLingerTimeout{2};
constexpr std::size_t kTextKept = 16 * 1024;  // of a connection that waits for its next request
constexpr std::chrono::milliseconds kNoWorkerPause{50};

HttpMethod method_of(http::verb verb) noexcept {
  if (verb == http::verb::get) return HttpMethod::kGet;
  if (verb == http::verb::head) return HttpMethod::kHead;
  if (verb == http::verb::post) return HttpMethod::kPost;
  if (verb == http::verb::put) return HttpMethod::kPut;
  if (verb == http::verb::patch) return HttpMethod::kPatch;
  if (verb == http::verb::delete_) return HttpMethod::kDelete;
  return HttpMethod::kOther;
}

IpAddress address_of(const tcp::endpoint& endpoint) noexcept {
  if (endpoint.address().is_v4()) return IpAddress::v4(endpoint.address().to_v4().to_uint());
  const auto bytes = endpoint.address().to_v6().to_bytes();
  return IpAddress::from_bytes(std::span<const std::uint8_t>(bytes.data(), bytes.size())).value_or(IpAddress::v4(0));
}

enum class KeepAlive : std::uint8_t { kNo, kYes };

// Everything before the body.
void append_head(std::string& text, const HttpResponse& response, unsigned version, KeepAlive keep_alive) {
  text += version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  text += std::to_string(response.status);
  text += ' ';
  text += http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  const auto line = [&text](std::string_view key, std::string_view value) {
    text.append("\r\n").append(key).append(": ").append(value);
  };
  for (const auto& [key, value] : response.headers) line(key, value);
  if (!response.content_type.empty()) line("Content-Type", response.content_type);
  if (keep_alive == KeepAlive::kNo && version == 11) line("Connection", "close");
  if (keep_alive == KeepAlive::kYes && version == 10) line("Connection", "keep-alive");
  const bool has_no_body = response.status == 204 || response.status == 304;
  if (!has_no_body && !response.next_piece) line("Content-Length", std::to_string(response.body.size()));
  text += "\r\n\r\n";
}

struct Refusal {
  int status;
  std::string_view code;
  std::string_view detail;
};

class Session;

// One thread that reads and writes for its share of the connections. What a connection does needs no lock, and no other
// thread is woken for it.
struct Loop {
  asio::io_context io{1};
  // A request on a worker is no work to io: without this the thread would leave before the answer.
  asio::executor_work_guard<Executor> keep_running{io.get_executor()};
  std::thread thread;
};

class Server final : public HttpServer {
 public:
  Server(HttpServerOptions options, HttpApplication& application)
      : options_(std::move(options)),
        application_(application),
        loops_(std::max<std::size_t>(options_.io_threads, 1)),
        acceptor_(loops_.front().io),
        pool_(std::max<std::size_t>(options_.workers, 1), options_.queue_max) {}
  // NOLINTNEXTLINE(bugprone-exception-escape): memory alone can fail here, and then the process may end
  ~Server() override { stop_all(); }

  std::optional<std::string> listen();
  [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
  void stop() override { stop_all(); }

  [[nodiscard]] const HttpServerOptions& options() const noexcept { return options_; }
  [[nodiscard]] HttpApplication& application() noexcept { return application_; }
  [[nodiscard]] WorkerPool& pool() noexcept { return pool_; }
  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(); }
  void forget(Session* session);
  // Room for a long body; false if there is none.
  [[nodiscard]] bool take_room(std::size_t bytes) noexcept {
    if (long_bodies_bytes_.fetch_add(bytes) + bytes <= options_.long_bodies_bytes_max) return true;
    give_back_room(bytes);
    return false;
  }
  void give_back_room(std::size_t bytes) noexcept { long_bodies_bytes_.fetch_sub(bytes); }

 private:
  void accept();
  void admit(Socket socket);
  void stop_all();

  const HttpServerOptions options_;
  HttpApplication& application_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> long_bodies_bytes_{0};
  bool stopped_ = false;
  std::mutex mutex_;
  std::condition_variable all_closed_;
  std::unordered_set<Session*> sessions_;  // before loops_: their destruction ends the last sessions
  std::vector<Loop> loops_;
  std::size_t turn_ = 0;  // the loop of the next connection
  asio::basic_socket_acceptor<tcp, Executor> acceptor_;
  WorkerPool pool_;
};

// One connection. Everything runs on the thread of its loop but the handler, which may run on a worker.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Server& server, Socket socket, IpAddress peer)
      : server_(server), socket_(std::move(socket)), timer_(socket_.get_executor()), peer_(peer) {}
  ~Session() {
    server_.give_back_room(room_);
    server_.forget(this);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] { self->wait_for_request(); });
  }
  void start_refusing(Refusal refusal) {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this(), refusal] { self->refuse(refusal); });
  }
  // Closes now if no request is being read or answered, else after the answer.
  void close_when_idle() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
      if (self->idle_) self->close();
    });
  }
  void close_now() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] { self->close(); });
  }

 private:
  // A timer that is set for a later moment than it is needed is moved, one that is set for an earlier moment is left:
  // it looks again when it goes off. So a request that takes no time moves none.
  void expires_after(std::chrono::milliseconds time) {
    deadline_ = Clock::now() + time;
    if (!timer_set_ || deadline_ < timer_.expiry()) set_timer();
  }
  void expires_never() { deadline_ = Clock::time_point::max(); }
  void set_timer() {
    timer_set_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](error_code error) {
      const auto self = weak.lock();
      if (error || !self) return;
      self->timer_set_ = false;
      if (self->deadline_ == Clock::time_point::max()) return;
      if (Clock::now() < self->deadline_) return self->set_timer();
      if (self->next_piece_) return self->break_off();
      self->close();
    });
  }
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  void wait_for_request() {
    if (server_.stopping()) return;
    // Never from within the answer to the request before: a client may send a great many at once.
    if (buffer_.size() > 0) {
      return asio::post(socket_.get_executor(), [self = shared_from_this()] { self->begin_request(); });
    }
    idle_ = true;
    expires_after(server_.options().idle_timeout);
    socket_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](error_code error, std::size_t size) {
      self->idle_ = false;
      if (error) return;
      self->buffer_.commit(size);
      self->begin_request();
    });
  }

  // Most requests have come whole when the first bytes of them have.
  void begin_request() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(server_.options().header_bytes_max));
    parser_->body_limit(server_.options().body_bytes_max);
    error_code error;
    buffer_.consume(parser_->put(buffer_.data(), error));
    if (error && error != http::error::need_more) return on_read_error(error);
    if (parser_->is_header_done()) return on_header({});
    expires_after(server_.options().header_timeout);
    http::async_read_header(socket_, buffer_, *parser_,
                            [self = shared_from_this()](error_code failure, std::size_t) { self->on_header(failure); });
  }

  void on_header(error_code error) {
    if (error) return on_read_error(error);
    if (const auto refusal = judge_header()) return refuse(*refusal);
    const auto& message = parser_->get();
    const std::string_view target(message.target().data(), message.target().size());
    const std::size_t limit =
        std::min(server_.options().body_bytes_max,
                 server_.application().body_bytes_max(method_of(message.method()), target.substr(0, target.find('?'))));
    if (parser_->content_length() && *parser_->content_length() > limit) {
      return refuse({413, "body_too_large", "the body is larger than this resource takes"});
    }
    parser_->body_limit(limit);
    const auto expect = message[http::field::expect];
    if (!expect.empty() && !beast::iequals(expect, "100-continue")) {
      return refuse({417, "bad_request", "the only expectation that can be met is 100-continue"});
    }
    const std::size_t length = parser_->chunked() ? limit : parser_->content_length().value_or(0);
    if (length > HttpApplication::kUnjudgedBodyBytes) return judge_head(length);
    await_body();
  }

  // Asks the application whether it wants such a long body from this client at all, then whether there is room for it.
  void judge_head(std::size_t length) {
    expires_never();
    auto head = std::make_shared<HttpRequest>(request_of(parser_->get()));
    const bool taken = server_.pool().try_post([self = shared_from_this(), head, length](std::size_t worker) {
      auto refusal =
          std::make_shared<std::optional<HttpResponse>>(self->server_.application().refuse_head(*head, worker));
      asio::dispatch(self->socket_.get_executor(), [self, refusal, length] {
        if (*refusal) return self->refuse_with(std::move(**refusal));
        if (!self->server_.take_room(length)) {
          return self->refuse({503, "overloaded", "too many long bodies are read already"});
        }
        self->room_ = length;
        self->await_body();
      });
    });
    if (!taken) refuse({503, "overloaded", "too many requests wait already"});
  }

  void await_body() {
    if (!parser_->get()[http::field::expect].empty()) return write_continue();
    read_body();
  }

  // What the parser lets pass although it is ambiguous or over a limit.
  std::optional<Refusal> judge_header() const {
    const auto& message = parser_->get();
    if (message.version() != 11 && message.version() != 10) {
      return Refusal{505, "bad_request", "this server speaks HTTP/1.1"};
    }
    const std::size_t line_max = server_.options().header_line_bytes_max;
    if (message.target().size() > line_max) return Refusal{414, "bad_request", "the request target is too long"};
    std::size_t hosts = 0;
    std::size_t codings = 0;
    std::size_t lengths = 0;
    for (const auto& field : message) {
      if (field.name_string().size() + field.value().size() + 4 > line_max) {
        return Refusal{431, "headers_too_large", "a header line is too long"};
      }
      if (field.name() == http::field::host) ++hosts;
      if (field.name() == http::field::content_length) ++lengths;
      if (field.name() == http::field::transfer_encoding) {
        ++codings;
        if (!beast::iequals(field.value(), "chunked")) {
          return Refusal{400, "bad_request", "the only transfer coding that is read is chunked"};
        }
      }
    }
    if (codings > 1 || lengths > 1 || (codings > 0 && (lengths > 0 || message.version() == 10))) {
      return Refusal{400, "bad_request", "the length of the body is ambiguous"};
    }
    if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
      return Refusal{400, "bad_request", "exactly one Host header is required"};
    }
    if (message.target().empty() || message.target().front() != '/' ||
        message.target().find('#') != std::string_view::npos) {
      return Refusal{400, "bad_request", "the request target must be a path"};
    }
    return std::nullopt;
  }

  void write_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    expires_after(server_.options().write_timeout);
    asio::async_write(socket_, asio::buffer(kContinue), [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) self->read_body();
    });
  }

  void read_body() {
    error_code error;
    if (!parser_->is_done() && buffer_.size() > 0) {
      parser_->eager(true);
      buffer_.consume(parser_->put(buffer_.data(), error));
    }
    if (error && error != http::error::need_more) return on_read_error(error);
    if (parser_->is_done()) return hand_over();
    expires_after(server_.options().body_timeout);
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code failure, std::size_t) {
      if (failure) return self->on_read_error(failure);
      self->hand_over();
    });
  }

  void on_read_error(error_code error) {
    if (error == http::error::end_of_stream || error == asio::error::operation_aborted) return close();
    if (error == http::error::body_limit) {
      return refuse({413, "body_too_large", "the body is larger than this resource takes"});
    }
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return refuse({431, "headers_too_large", "the headers are too large"});
    }
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::partial_message) {
      return refuse({400, "bad_request", "the request is not well-formed HTTP/1.1"});
    }
    close();
  }

  // All of it but the body.
  [[nodiscard]] HttpRequest request_of(const http::request<http::string_body>& message) const {
    HttpRequest request;
    request.method = method_of(message.method());
    const std::string_view target(message.target().data(), message.target().size());
    const std::size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    for (const auto& field : message) {
      request.headers.emplace_back(field.name_string(), field.value());
    }
    request.peer = peer_;
    return request;
  }

  void hand_over() {
    auto message = parser_->release();
    parser_.reset();
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    HttpRequest whole = request_of(message);
    head_ = whole.method == HttpMethod::kHead;
    whole.body = std::move(message.body());
    expires_never();
    if (auto response = server_.application().handle_at_once(whole)) return write(std::move(*response));
    auto request = std::make_shared<HttpRequest>(std::move(whole));
    const bool taken = server_.pool().try_post([self = shared_from_this(), request](std::size_t worker) {
      auto response = std::make_shared<HttpResponse>(self->server_.application().handle(*request, worker));
      asio::dispatch(self->socket_.get_executor(), [self, response] { self->write(std::move(*response)); });
    });
    if (!taken) {
      HttpResponse response = server_.application().refuse(503, "overloaded", "too many requests wait already");
      response.headers.emplace_back("Retry-After", "1");
      write(std::move(response));
    }
  }

  // Answers without having read the whole request: the connection cannot be used further.
  void refuse(const Refusal& refusal) {
    refuse_with(server_.application().refuse(refusal.status, refusal.code, refusal.detail));
  }
  void refuse_with(HttpResponse response) {
    keep_alive_ = false;
    linger_ = true;
    write(std::move(response));
  }

  void write(HttpResponse response) {
    server_.give_back_room(std::exchange(room_, 0));
    if (server_.stopping()) keep_alive_ = false;
    if (response.next_piece && !head_) return begin_stream(std::move(response));
    text_.reserve(1024 + response.body.size());
    append_head(text_, response, version_, keep_alive_ ? KeepAlive::kYes : KeepAlive::kNo);
    if (!head_) text_ += response.body;
    // Most answers fit into the socket's buffer: then nothing has to be waited for.
    error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(text_), error);
    if (error && error != asio::error::would_block) return close();
    if (sent == text_.size()) return written();
    expires_after(server_.options().write_timeout);
    asio::async_write(socket_, asio::buffer(text_) + sent,
                      [self = shared_from_this()](error_code failure, std::size_t) {
                        if (failure) return self->close();
                        self->written();
                      });
  }

  void written() {
    text_.clear();
    if (text_.capacity() > kTextKept) text_.shrink_to_fit();
    if (keep_alive_) return wait_for_request();
    finish();
  }

  void begin_stream(HttpResponse response) {
    chunked_ = version_ == 11;
    keep_alive_ = keep_alive_ && chunked_;
    next_piece_ = std::move(response.next_piece);
    head_message_.emplace(http::int_to_status(static_cast<unsigned>(response.status)), version_);
    for (const auto& [key, value] : response.headers) head_message_->insert(key, value);
    head_message_->set(http::field::content_type, response.content_type);
    head_message_->keep_alive(keep_alive_);
    head_message_->chunked(chunked_);
    serializer_.emplace(*head_message_);
    expires_after(server_.options().write_timeout);
    http::async_write_header(socket_, *serializer_, [self = shared_from_this()](error_code error, std::size_t) {
      self->serializer_.reset();
      self->head_message_.reset();
      if (error) return self->break_off();
      self->make_piece();
    });
  }

  void make_piece() {
    if (server_.stopping()) return break_off();
    expires_never();
    const bool taken = server_.pool().try_post([self = shared_from_this()](std::size_t) {
      const bool made = self->next_piece_(self->piece_);
      asio::dispatch(self->socket_.get_executor(), [self, made] {
        if (!made) return self->break_off();
        self->write_piece();
      });
    });
    if (taken) return;
    pause_.emplace(socket_.get_executor(), kNoWorkerPause);
    pause_->async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->make_piece();
    });
  }

  void write_piece() {
    const bool last = piece_.empty();
    expires_after(server_.options().write_timeout);
    const auto written = [self = shared_from_this(), last](error_code error, std::size_t) {
      if (error) return self->break_off();
      if (!last) return self->make_piece();
      self->next_piece_ = nullptr;
      if (self->keep_alive_) return self->wait_for_request();
      self->finish();
    };
    if (last && !chunked_) {
      next_piece_ = nullptr;
      return finish();
    }
    if (!chunked_) return asio::async_write(socket_, asio::buffer(piece_), written);
    if (last) return asio::async_write(socket_, http::make_chunk_last(), written);
    asio::async_write(socket_, http::make_chunk(asio::buffer(piece_)), written);
  }

  // Reset rather than closed: to an HTTP/1.0 client a close would look like the end of the body.
  void break_off() {
    next_piece_ = nullptr;
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }

  // A connection closed with unread input is reset, and the reset can overtake the answer: read on for a while.
  void finish() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    if (!linger_) return close();
    expires_after(kLingerTimeout);
    discard();
  }

  void discard() {
    buffer_.clear();
    socket_.async_read_some(buffer_.prepare(16 * 1024), [self = shared_from_this()](error_code error, std::size_t n) {
      self->discarded_ += n;
      if (error || self->discarded_ > kLingerBytesMax) return self->close();
      self->discard();
    });
  }

  Server& server_;
  Socket socket_;
  Timer timer_;
  bool timer_set_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
  const IpAddress peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::string text_;  // the answer that is being sent
  // Of a body that is made while it is sent.
  std::optional<http::response<http::empty_body>> head_message_;
  std::optional<http::response_serializer<http::empty_body>> serializer_;
  std::function<bool(std::string&)> next_piece_;
  std::string piece_;
  std::optional<Timer> pause_;
  bool chunked_ = false;
  bool idle_ = false;
  bool keep_alive_ = false;
  bool head_ = false;
  bool linger_ = false;
  unsigned version_ = 11;
  std::size_t discarded_ = 0;
  std::size_t room_ = 0;  // that was taken for the body
};

std::optional<std::string> Server::listen() {
  error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) return "not an address to listen on: " + options_.address;
  const tcp::endpoint endpoint(address, options_.port);
  const auto failed = [&](std::string_view what) {
    return "cannot " + std::string(what) + " " + options_.address + ":" + std::to_string(options_.port) + ": " +
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
  acceptor_.async_accept(loops_[turn_].io, [this](error_code error, Socket socket) {
    if (stopping()) return;
    if (!error) {
      admit(std::move(socket));
    } else if (error == asio::error::no_descriptors) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // until a connection has ended
    }
    accept();
  });
}

void Server::admit(Socket socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;  // gone again
  socket.set_option(tcp::no_delay(true), error);
  socket.non_blocking(true, error);  // of writes that are tried before they are waited for
  if (error) return;
  auto session = std::make_shared<Session>(*this, std::move(socket), address_of(peer));
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = sessions_.size() >= options_.connections_max;
    sessions_.insert(session.get());
  }
  if (full) return session->start_refusing({503, "overloaded", "too many connections are open"});
  session->start();
}

void Server::forget(Session* session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session);
  if (sessions_.empty()) all_closed_.notify_all();
}

void Server::stop_all() {
  if (stopped_) return;
  stopped_ = true;
  stopping_ = true;
  asio::dispatch(acceptor_.get_executor(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
  });
  const auto each = [this](void (Session::*act)()) {
    std::vector<std::shared_ptr<Session>> alive;
    {
      const std::lock_guard lock(mutex_);
      for (Session* session : sessions_) {
        if (auto shared = session->weak_from_this().lock()) alive.push_back(std::move(shared));
      }
    }
    for (const auto& session : alive) (session.get()->*act)();
  };
  each(&Session::close_when_idle);
  {
    std::unique_lock lock(mutex_);
    all_closed_.wait_for(lock, options_.stop_timeout, [this] { return sessions_.empty(); });
  }
  each(&Session::close_now);
  pool_.stop();
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
