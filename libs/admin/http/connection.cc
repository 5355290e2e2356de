#include "libs/admin/http/connection.h"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libs/admin/http/connections.h"
#include "libs/admin/http/wire.h"

namespace keyfence {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, HttpExecutor>;

constexpr std::size_t kLingerBytesMax = 32 * 1024 * 1024;
constexpr std::chrono::seconds kLingerTimeout{2};
constexpr std::size_t kTextKept = 16 * 1024;  // of a connection that waits for its next request
constexpr std::chrono::milliseconds kNoWorkerPause{50};

class Connection final : public HttpConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(HttpConnections& connections, HttpSocket socket, const IpAddress& peer)
      : connections_(connections), socket_(std::move(socket)), timer_(socket_.get_executor()), peer_(peer) {}
  ~Connection() override {
    connections_.give_back_room(room_);
    connections_.remove(this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() override {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] { self->wait_for_request(); });
  }
  void start_refusing() override {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
      self->refuse({503, "overloaded", "too many connections are open"});
    });
  }
  void close_when_idle() override {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
      if (self->idle_) self->close();
    });
  }
  void close_now() override {
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
    if (connections_.stopping()) return;
    // Never from within the answer to the request before: a client may send a great many at once.
    if (buffer_.size() > 0) {
      return asio::post(socket_.get_executor(), [self = shared_from_this()] { self->begin_request(); });
    }
    idle_ = true;
    expires_after(connections_.options().idle_timeout);
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
    parser_->header_limit(static_cast<std::uint32_t>(connections_.options().header_bytes_max));
    parser_->body_limit(connections_.options().body_bytes_max);
    error_code error;
    buffer_.consume(parser_->put(buffer_.data(), error));
    if (error && error != http::error::need_more) return on_read_error(error);
    if (parser_->is_header_done()) return on_header({});
    expires_after(connections_.options().header_timeout);
    http::async_read_header(socket_, buffer_, *parser_,
                            [self = shared_from_this()](error_code failure, std::size_t) { self->on_header(failure); });
  }

  void on_header(error_code error) {
    if (error) return on_read_error(error);
    const auto& message = parser_->get();
    if (const auto refusal = judge(message, connections_.options().header_line_bytes_max)) return refuse(*refusal);
    const std::string_view target(message.target().data(), message.target().size());
    const std::size_t limit =
        std::min(connections_.options().body_bytes_max,
                 connections_.application().body_bytes_max(method_of(message), target.substr(0, target.find('?'))));
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
    auto head = std::make_shared<HttpRequest>(request_of(parser_->get(), peer_));
    const bool taken = connections_.workers().try_post([self = shared_from_this(), head, length](std::size_t worker) {
      auto refusal =
          std::make_shared<std::optional<HttpResponse>>(self->connections_.application().refuse_head(*head, worker));
      asio::dispatch(self->socket_.get_executor(), [self, refusal, length] {
        if (*refusal) return self->refuse_with(std::move(**refusal));
        if (!self->connections_.take_room(length)) {
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

  void write_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    expires_after(connections_.options().write_timeout);
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
    expires_after(connections_.options().body_timeout);
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code failure, std::size_t) {
      if (failure) return self->on_read_error(failure);
      self->hand_over();
    });
  }

  void on_read_error(error_code error) {
    if (const auto refusal = refusal_of(error)) return refuse(*refusal);
    close();
  }

  void hand_over() {
    auto message = parser_->release();
    parser_.reset();
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    HttpRequest whole = request_of(message, peer_);
    head_ = whole.method == HttpMethod::kHead;
    whole.body = std::move(message.body());
    expires_never();
    if (auto response = connections_.application().handle_at_once(whole)) return write(std::move(*response));
    auto request = std::make_shared<HttpRequest>(std::move(whole));
    const bool taken = connections_.workers().try_post([self = shared_from_this(), request](std::size_t worker) {
      auto response = std::make_shared<HttpResponse>(self->connections_.application().handle(*request, worker));
      asio::dispatch(self->socket_.get_executor(), [self, response] { self->write(std::move(*response)); });
    });
    if (!taken) {
      HttpResponse response = connections_.application().refuse(503, "overloaded", "too many requests wait already");
      response.headers.emplace_back("Retry-After", "1");
      write(std::move(response));
    }
  }

  // Answers without having read the whole request: the connection cannot be used further.
  void refuse(const HttpRefusal& refusal) {
    refuse_with(connections_.application().refuse(refusal.status, refusal.code, refusal.detail));
  }
  void refuse_with(HttpResponse response) {
    keep_alive_ = false;
    linger_ = true;
    write(std::move(response));
  }

  [[nodiscard]] KeepAlive kept() const noexcept { return keep_alive_ ? KeepAlive::kYes : KeepAlive::kNo; }

  void write(HttpResponse response) {
    connections_.give_back_room(std::exchange(room_, 0));
    if (connections_.stopping()) keep_alive_ = false;
    if (response.next_piece && !head_) return begin_stream(std::move(response));
    text_.reserve(1024 + response.body.size());
    append_head(text_, response, version_, kept(), response.next_piece ? BodyLength::kUntold : BodyLength::kCounted);
    if (!head_) text_ += response.body;
    // Most answers fit into the socket's buffer: then nothing has to be waited for.
    error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(text_), error);
    if (error && error != asio::error::would_block) return close();
    if (sent == text_.size()) return written();
    expires_after(connections_.options().write_timeout);
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
    append_head(text_, response, version_, kept(), chunked_ ? BodyLength::kChunked : BodyLength::kUntold);
    expires_after(connections_.options().write_timeout);
    asio::async_write(socket_, asio::buffer(text_), [self = shared_from_this()](error_code error, std::size_t) {
      self->text_.clear();
      if (error) return self->break_off();
      self->make_piece();
    });
  }

  void make_piece() {
    if (connections_.stopping()) return break_off();
    expires_never();
    const bool taken = connections_.workers().try_post([self = shared_from_this()](std::size_t) {
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
    expires_after(connections_.options().write_timeout);
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

  HttpConnections& connections_;
  HttpSocket socket_;
  Timer timer_;
  bool timer_set_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
  const IpAddress peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::string text_;  // the answer that is being sent; of one in pieces, its head
  // Of a body that is made while it is sent.
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

}  // namespace

std::shared_ptr<HttpConnection> HttpConnection::make(HttpConnections& connections, HttpSocket socket,
                                                     const IpAddress& peer) {
  return std::make_shared<Connection>(connections, std::move(socket), peer);
}

}  // namespace keyfence
