#include "libs/admin/http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace keyfence {
namespace {

// Answers with what it was asked, and counts.
class EchoApplication : public HttpApplication {
 public:
  HttpResponse handle(const HttpRequest& request, std::size_t) noexcept override {
    ++handled;
    if (request.path == "/wait") {
      std::unique_lock lock(mutex);
      ++waiting;
      changed.notify_all();
      changed.wait(lock, [this] { return released; });
    }
    if (request.path == "/pieces" || request.path == "/broken") {
      const bool whole = request.path == "/pieces";
      return {.status = 200,
              .content_type = "text/plain",
              .body = {},
              .headers = {},
              .next_piece = [this, whole, made = 0](std::string& piece) mutable {
                ++pieces;
                piece = made < 3 ? "piece " + std::to_string(made) + "\n" : "";
                ++made;
                return whole || made < 3;
              }};
    }
    return {.status = 200,
            .content_type = "text/plain",
            .body = std::string(name(request.method)) + " " + request.path + " " + std::to_string(request.body.size()) +
                    "\n",
            .headers = {}};
  }
  std::optional<HttpResponse> refuse_head(const HttpRequest& head, std::size_t) noexcept override {
    ++judged;
    if (head.header("Authorization") == "good") return std::nullopt;
    return HttpResponse{.status = 401, .content_type = "text/plain", .body = "who?", .headers = {}};
  }
  std::optional<HttpResponse> handle_at_once(const HttpRequest& request) noexcept override {
    if (request.path != "/at-once") return std::nullopt;
    ++at_once;
    return HttpResponse{.status = 200,
                        .content_type = "text/plain",
                        .body = std::string(request.query == "long" ? 8'000'000 : 10, 'x'),
                        .headers = {}};
  }
  HttpResponse refuse(int status, std::string_view code, std::string_view) noexcept override {
    ++refused;
    return {.status = status, .content_type = "text/plain", .body = std::string(code), .headers = {}};
  }
  [[nodiscard]] std::size_t body_bytes_max(HttpMethod, std::string_view path) const noexcept override {
    return path == "/large" ? 100'000 : 1'000;
  }

  std::atomic<int> handled{0};
  std::atomic<int> at_once{0};
  std::atomic<int> refused{0};
  std::atomic<int> judged{0};
  std::atomic<int> pieces{0};
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  bool released = false;
};

class Connection {
 public:
  explicit Connection(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Everything until the server closes.
  [[nodiscard]] std::string read_all() const {
    std::string text;
    char buffer[4096];
    for (;;) {
      const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(got));
    }
  }
  // Until the text is there.
  [[nodiscard]] std::string read_until(std::string_view wanted) const {
    std::string text;
    char c = 0;
    while (text.find(wanted) == std::string::npos && recv(fd_, &c, 1, 0) == 1) text += c;
    return text;
  }
  [[nodiscard]] bool connected() const { return connected_; }

 private:
  int fd_;
  bool connected_ = false;
};

class Server : public ::testing::Test {
 protected:
  void start(HttpServerOptions options = {}) {
    options.workers = 2;
    options.stop_timeout = std::chrono::seconds(30);
    auto server = HttpServer::start(options, application_);
    ASSERT_TRUE(server.ok()) << server.error();
    server_ = std::move(*server);
  }
  // What one connection is answered before it is closed.
  std::string exchange(std::string_view text) {
    if (!server_) start();
    const Connection connection(server_->port());
    connection.send(text);
    return connection.read_all();
  }
  static std::size_t count(const std::string& text, std::string_view wanted) {
    std::size_t found = 0;
    for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++found;
    return found;
  }
  void wait_until_waiting(int requests) {
    std::unique_lock lock(application_.mutex);
    application_.changed.wait(lock, [&] { return application_.waiting == requests; });
  }
  void expect_refused(std::string_view request, std::string_view status) {
    const int handled = application_.handled;
    const std::string answer = exchange(request);
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 " + std::string(status)) << request;
    EXPECT_EQ(count(answer, "HTTP/1.1 "), 1U) << request;
    EXPECT_EQ(application_.handled, handled) << request;
  }

  EchoApplication application_;
  std::unique_ptr<HttpServer> server_;
};

constexpr std::string_view kClose = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

TEST_F(Server, ABodyInPiecesIsChunkedAndTheConnectionGoesOn) {
  const std::string answer = exchange("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kClose));
  const std::string body = "8\r\npiece 0\n\r\n8\r\npiece 1\n\r\n8\r\npiece 2\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n";
  EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\n\r\n" + body), std::string::npos) << answer;
  EXPECT_NE(answer.find("GET /last 0\n"), std::string::npos) << answer;
}

TEST_F(Server, AnOldClientGetsABodyInPiecesUntilTheConnectionCloses) {
  const std::string answer = exchange("GET /pieces HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.find("chunked"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\n\r\npiece 0\npiece 1\npiece 2\n"), std::string::npos) << answer;
}

TEST_F(Server, HeadOfABodyInPiecesMakesNone) {
  const std::string answer = exchange("HEAD /pieces HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kClose));
  EXPECT_EQ(count(answer, "HTTP/1.1 200"), 2U) << answer;
  EXPECT_EQ(application_.pieces, 0);
}

TEST_F(Server, ABodyThatCannotGoOnDoesNotLookWhole) {
  for (const std::string version : {"1.1", "1.0"}) {
    const std::string answer = exchange("GET /broken HTTP/" + version + "\r\nHost: a\r\n\r\n");
    EXPECT_EQ(answer.find("0\r\n\r\n"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("piece 2"), std::string::npos) << answer;
  }
}

TEST_F(Server, NobodyIsAskedForPiecesThatAClientDoesNotTake) {
  start();
  {
    const Connection connection(server_->port());
    connection.send("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)connection.read_until("piece 0");
  }
  server_.reset();  // ends although an answer may be under way
  EXPECT_LE(application_.pieces, 4);
}

TEST_F(Server, PipelinedRequestsAreAnsweredInOrder) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string answer = exchange(text + std::string(kClose));
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answer.find("GET /" + std::to_string(i) + " 0", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_EQ(application_.handled, 51);
}

TEST_F(Server, CountedAndChunkedBodiesAreRead) {
  EXPECT_NE(
      exchange("POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello").find("POST /a 5"),
      std::string::npos);
  EXPECT_NE(exchange("POST /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                .find("POST /b 5"),
            std::string::npos);
}

TEST_F(Server, AnAmbiguousLengthIsRefusedAndNothingAfterItIsRead) {
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string_view headers :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n", "Content-Length: 4\r\nContent-Length: 4\r\n",
        "Content-Length: 4, 5\r\n", "Content-Length: +4\r\n", "Content-Length: -1\r\n", "Content-Length: 0x4\r\n",
        "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding : chunked\r\n", "Content-Length : 4\r\n"}) {
    expect_refused("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n0\r\n\r\n" + smuggled, "400");
  }
  expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "400");
}

TEST_F(Server, BrokenChunksAreRefused) {
  for (const std::string_view body :
       {"g\r\nabc\r\n0\r\n\r\n", "-1\r\n", "3\r\nabcd\r\n0\r\n\r\n", "ffffffffffffffffff\r\n"}) {
    expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body), "400");
  }
}

TEST_F(Server, JunkIsRefused) {
  for (const std::string_view text :
       {"junk\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\nHost a\n\n", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\001b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
        "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n"}) {
    expect_refused(text, "400");
  }
}

TEST_F(Server, HeadersHaveLimits) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  expect_refused(begin + "X: " + std::string(8 * 1024, 'a') + "\r\n\r\n", "431");
  std::string flood = begin;
  for (int i = 0; i < 100; ++i) flood += "X-" + std::to_string(i) + ": " + std::string(500, 'a') + "\r\n";
  expect_refused(flood + "\r\n", "431");
  expect_refused(begin + std::string(1'000'000, 'a'), "431");
  expect_refused("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414");
  EXPECT_NE(exchange(begin + "X: " + std::string(7'000, 'a') + "\r\n\r\n").find("200 OK"), std::string::npos);
}

TEST_F(Server, BodiesHaveTheLimitOfTheirResource) {
  const std::string head = "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  expect_refused("POST /small " + head + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'a'), "413");
  expect_refused("POST /small " + head + "Content-Length: 99999999999\r\n\r\n", "413");
  expect_refused(
      "POST /small " + head + "Transfer-Encoding: chunked\r\n\r\n3ea\r\n" + std::string(1002, 'a') + "\r\n0\r\n\r\n",
      "413");
  EXPECT_NE(exchange("POST /large " + head + "Authorization: good\r\nContent-Length: 100000\r\n\r\n" +
                     std::string(100'000, 'a'))
                .find("200 OK"),
            std::string::npos);
}

TEST_F(Server, ALongBodyOfNobodyKnownIsNotWaitedFor) {
  start();
  for (const std::string_view length : {"Content-Length: 90000", "Transfer-Encoding: chunked"}) {
    const Connection connection(server_->port());
    connection.send("POST /large HTTP/1.1\r\nHost: a\r\n" + std::string(length) + "\r\n\r\n");
    EXPECT_NE(connection.read_until("who?").find("401"), std::string::npos) << length;
  }
  EXPECT_EQ(application_.judged, 2);
  EXPECT_EQ(application_.handled, 0);
  const std::string body(HttpApplication::kUnjudgedBodyBytes, 'a');
  EXPECT_NE(exchange("POST /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body)
                .find("200 OK"),
            std::string::npos);
  EXPECT_EQ(application_.judged, 2) << "a short one is just read";
}

TEST_F(Server, LongBodiesTogetherHaveALimit) {
  HttpServerOptions options;
  options.long_bodies_bytes_max = 100'000;
  start(options);
  const std::string head =
      "POST /large HTTP/1.1\r\nHost: a\r\nAuthorization: good\r\nExpect: 100-continue\r\nContent-Length: 90000\r\n";
  const std::string body(90'000, 'a');
  for (int round = 0; round < 3; ++round) {
    const Connection first(server_->port());
    first.send(head + "\r\n");
    EXPECT_NE(first.read_until("\r\n\r\n").find("100 Continue"), std::string::npos) << round;
    const Connection second(server_->port());
    second.send(head + "\r\n");
    EXPECT_NE(second.read_until("overloaded").find("503"), std::string::npos) << round;
    first.send(body);
    EXPECT_NE(first.read_until("POST /large 90000").find("200 OK"), std::string::npos) << round;
  }
  {
    const Connection gone(server_->port());
    gone.send(head + "\r\n");
    (void)gone.read_until("100 Continue");
  }
  for (int tries = 0; tries < 1'000; ++tries) {  // until the server has seen that it is gone
    const Connection last(server_->port());
    last.send(head + "\r\n");
    if (last.read_until("\r\n\r\n").find("100 Continue") != std::string::npos) return;
  }
  ADD_FAILURE() << "the room of a connection that is gone is not given back";
}

TEST_F(Server, ARefusalReachesAClientThatIsStillSending) {
  start();
  const Connection connection(server_->port());
  connection.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  connection.send(std::string(5'000'000, 'a'));
  EXPECT_EQ(connection.read_until("\r\n").substr(0, 12), "HTTP/1.1 413");
}

TEST_F(Server, ExpectationsAreMetBeforeTheBodyIsSent) {
  start();
  const Connection connection(server_->port());
  connection.send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(connection.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.send("ab");
  EXPECT_NE(connection.read_all().find("POST / 2"), std::string::npos);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nExpect: more\r\nContent-Length: 2\r\n\r\n", "417");
}

TEST_F(Server, HeadHasTheLengthButNotTheBody) {
  const std::string answer = exchange("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
}

TEST_F(Server, SlowClientsAreCutOff) {
  HttpServerOptions options;
  options.header_timeout = options.body_timeout = options.idle_timeout = std::chrono::milliseconds(100);
  start(options);
  for (const std::string_view begun : {"", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"}) {
    const Connection connection(server_->port());
    connection.send(begun);
    EXPECT_EQ(connection.read_all(), "") << begun;
  }
  EXPECT_EQ(application_.handled, 0);
}

TEST_F(Server, AHeaderThatComesByteByByteHasTheSameTime) {
  HttpServerOptions options;
  options.header_timeout = std::chrono::milliseconds(200);
  start(options);
  const Connection connection(server_->port());
  connection.send("GET / HTTP/1.1\r\nHost: ");
  std::atomic<bool> ended{false};
  std::thread reader([&] {
    EXPECT_EQ(connection.read_all(), "");
    ended = true;
  });
  while (!ended) {
    connection.send("a");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  reader.join();
  EXPECT_EQ(application_.handled, 0);
}

TEST_F(Server, WhatIsAnsweredAtOnceNeverSeesAWorker) {
  const std::string at_once = "GET /at-once HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string answer = exchange(at_once + at_once + at_once + std::string(kClose));
  EXPECT_EQ(count(answer, "xxxxxxxxxx"), 3U);
  EXPECT_NE(answer.find("GET /last 0\n"), std::string::npos) << answer;
  EXPECT_EQ(application_.at_once, 3);
  EXPECT_EQ(application_.handled, 1);
}

TEST_F(Server, ALongAnswerIsSentWholeToAClientThatReadsLate) {
  start();
  const Connection connection(server_->port());
  connection.send("GET /at-once?long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the socket's buffers are full by then
  const std::string answer = connection.read_all();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8'000'000U);
}

TEST_F(Server, AClientThatNeverReadsIsAskedForNothingMoreAndCutOff) {
  HttpServerOptions options;
  options.write_timeout = std::chrono::milliseconds(200);
  start(options);
  const Connection connection(server_->port());
  for (int i = 0; i < 100; ++i) connection.send("GET /at-once?long HTTP/1.1\r\nHost: a\r\n\r\n");
  while (application_.at_once == 0) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_LT(connection.read_all().size(), 8'000'000U) << "it was cut off within the first answer";
  EXPECT_EQ(application_.at_once, 1) << "the other 99 were never read";
}

TEST_F(Server, TooManyConnectionsAreToldSo) {
  HttpServerOptions options;
  options.connections_max = 2;
  start(options);
  const Connection first(server_->port());
  const Connection second(server_->port());
  first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  second.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(first.read_until("GET /1").find("200 OK"), std::string::npos);
  EXPECT_NE(second.read_until("GET /2").find("200 OK"), std::string::npos);
  const Connection third(server_->port());
  EXPECT_EQ(third.read_until("\r\n").substr(0, 12), "HTTP/1.1 503");
}

TEST_F(Server, AFullQueueIsToldSo) {
  HttpServerOptions options;
  options.queue_max = 1;
  start(options);
  constexpr std::string_view kWait = "GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const Connection first(server_->port());
  const Connection second(server_->port());
  first.send(kWait);
  wait_until_waiting(1);  // a worker has taken it: the queue is empty again
  second.send(kWait);
  wait_until_waiting(2);
  // Both workers are busy: of two more requests one fits the queue and one is refused at once.
  const Connection third(server_->port());
  const Connection fourth(server_->port());
  third.send(kClose);
  fourth.send(kClose);
  while (application_.refused == 0) std::this_thread::yield();
  {
    const std::lock_guard lock(application_.mutex);
    application_.released = true;
  }
  application_.changed.notify_all();
  const std::string answers = first.read_all() + second.read_all() + third.read_all() + fourth.read_all();
  EXPECT_EQ(count(answers, "HTTP/1.1 200"), 3U);
  EXPECT_EQ(count(answers, "HTTP/1.1 503"), 1U);
}

TEST_F(Server, StoppingLetsARunningRequestFinish) {
  start();
  const Connection busy(server_->port());
  const Connection idle(server_->port());
  busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  wait_until_waiting(1);
  std::thread stopper([this] { server_->stop(); });
  EXPECT_EQ(idle.read_all(), "");
  {
    const std::lock_guard lock(application_.mutex);
    application_.released = true;
  }
  application_.changed.notify_all();
  EXPECT_NE(busy.read_all().find("GET /wait 0"), std::string::npos);
  stopper.join();
  EXPECT_FALSE(Connection(server_->port()).connected());
}

TEST(HttpServerStart, AnAddressInUseIsNamed) {
  EchoApplication application;
  auto first = HttpServer::start({}, application);
  ASSERT_TRUE(first.ok());
  HttpServerOptions options;
  options.port = (*first)->port();
  // The kernel lets two sockets with SO_REUSEADDR share a port only if neither listens.
  const auto second = HttpServer::start(options, application);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().find("127.0.0.1:" + std::to_string(options.port)), std::string::npos);
}

}  // namespace
}  // namespace keyfence
