#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keyfence::bench {

// One kept-alive connection to 127.0.0.1 that sends requests and waits for each answer. Ends the program if the
// connection breaks or the answer is no HTTP/1.1 with a Content-Length.
class HttpClient {
 public:
  HttpClient(std::uint16_t port, std::string token);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  struct Answer {
    int status = 0;
    std::string body;
  };
  [[nodiscard]] Answer send(std::string_view method, std::string_view path, std::string_view json);

 private:
  int socket_;
  std::string token_;
  std::string request_;
  std::string buffer_;
};

}  // namespace keyfence::bench
