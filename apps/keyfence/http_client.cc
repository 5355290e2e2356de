#include "apps/keyfence/http_client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>
#include <vector>

namespace keyfence {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr int kTimeoutSeconds = 120;
constexpr std::size_t kPieceBytes = 65536;
constexpr std::uint64_t kResponseBytesMax = 256ULL * 1024 * 1024;

}  // namespace

struct HttpClient::State {
  std::string url;
  std::string host;  // as it goes into the Host header
  asio::io_context io;
  tcp::socket socket{io};
  beast::flat_buffer buffer;
};

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpClient, std::string> HttpClient::connect(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = url;
  if (rest.substr(0, kScheme.size()) != kScheme)
    return Err{url + ": an address such as http://127.0.0.1:8600 is needed"};
  rest.remove_prefix(kScheme.size());
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  auto state = std::make_unique<State>();
  state->url = url;
  state->host = rest;
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string host(rest.substr(0, colon));
  const std::string port(colon == std::string_view::npos ? "80" : rest.substr(colon + 1));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);

  boost::system::error_code error;
  tcp::resolver resolver(state->io);
  const auto endpoints = resolver.resolve(host, port, error);
  if (!error) asio::connect(state->socket, endpoints, error);
  if (error) return Err{"no connection to " + url + ": " + error.message()};
  const timeval timeout{.tv_sec = kTimeoutSeconds, .tv_usec = 0};
  setsockopt(state->socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(state->socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  return HttpClient(std::move(state));
}

Result<ClientResponse, std::string> HttpClient::send(std::string_view method, const std::string& target,
                                                     std::string_view token, std::string_view content_type,
                                                     std::string body) {
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.version(11);
  request.set(http::field::host, state_->host);
  request.set(http::field::user_agent, "keyfence");
  if (!token.empty()) request.set(http::field::authorization, "Bearer " + std::string(token));
  if (!content_type.empty()) request.set(http::field::content_type, content_type);
  request.body() = std::move(body);
  request.prepare_payload();
  boost::system::error_code error;
  http::write(state_->socket, request, error);
  http::response_parser<http::string_body> parser;
  parser.body_limit(kResponseBytesMax);
  if (!error) http::read(state_->socket, state_->buffer, parser, error);
  if (error) return Err{"no answer from " + state_->url + ": " + error.message()};
  auto response = parser.release();
  return ClientResponse{static_cast<int>(response.result_int()), std::move(response.body())};
}

Result<ClientResponse, std::string> HttpClient::download(const std::string& target, std::string_view token,
                                                         const std::function<bool(std::string_view)>& sink) {
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, state_->host);
  request.set(http::field::user_agent, "keyfence");
  if (!token.empty()) request.set(http::field::authorization, "Bearer " + std::string(token));
  boost::system::error_code error;
  http::write(state_->socket, request, error);
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  if (!error) http::read_header(state_->socket, state_->buffer, parser, error);
  ClientResponse response;
  std::vector<char> piece(kPieceBytes);
  bool stopped = false;
  if (!error) response.status = static_cast<int>(parser.get().result_int());
  while (!error && !stopped && !parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    http::read_some(state_->socket, state_->buffer, parser, error);
    if (error == http::error::need_buffer) error = {};
    const std::string_view got(piece.data(), piece.size() - parser.get().body().size);
    if (response.status >= 300) {
      response.body.append(got);
    } else if (!got.empty()) {
      stopped = !sink(got);
    }
  }
  if (stopped) return Err{"what came from " + state_->url + " cannot be written"};
  if (error && response.status == 0) return Err{"no answer from " + state_->url + ": " + error.message()};
  if (error) return Err{"the answer of " + state_->url + " broke off: " + error.message()};
  return response;
}

}  // namespace keyfence
