#include "bench/change/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace keyfence::bench {
namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "admin API: %s\n", what);
  std::exit(1);
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  for (std::size_t at = 0; at + kName.size() < head.size(); ++at) {
    if (strncasecmp(head.data() + at, kName.data(), kName.size()) == 0) {
      return std::strtoull(head.data() + at + kName.size(), nullptr, 10);
    }
  }
  fail("an answer without Content-Length");
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port, std::string token)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), token_(std::move(token)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket_ < 0 || connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot connect");
  }
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

HttpClient::~HttpClient() {
  close(socket_);
}

HttpClient::Answer HttpClient::send(std::string_view method, std::string_view path, std::string_view json) {
  request_.clear();
  request_.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ");
  request_.append(token_).append("\r\nContent-Type: application/json\r\nContent-Length: ");
  request_.append(std::to_string(json.size())).append("\r\n\r\n").append(json);
  for (std::size_t sent = 0; sent < request_.size();) {
    const ssize_t n = ::send(socket_, request_.data() + sent, request_.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) fail("the connection broke");
    sent += static_cast<std::size_t>(n);
  }

  std::size_t wanted = std::string::npos;
  std::size_t head_bytes = 0;
  while (buffer_.size() < wanted) {
    char chunk[16384];
    const ssize_t n = recv(socket_, chunk, sizeof chunk, 0);
    if (n <= 0) fail("the connection broke");
    buffer_.append(chunk, static_cast<std::size_t>(n));
    if (wanted == std::string::npos) {
      const auto end = buffer_.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      head_bytes = end + 4;
      wanted = head_bytes + content_length(std::string_view(buffer_).substr(0, head_bytes));
    }
  }
  Answer answer;
  if (std::sscanf(buffer_.c_str(), "HTTP/1.1 %d", &answer.status) != 1) fail("not an HTTP/1.1 answer");
  answer.body = buffer_.substr(head_bytes, wanted - head_bytes);
  buffer_.erase(0, wanted);
  return answer;
}

}  // namespace keyfence::bench
