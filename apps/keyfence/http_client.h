#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "libs/base/result.h"

namespace keyfence {

struct ClientResponse {
  int status = 0;
  std::string body;
};

// A connection to the admin API, one request at a time, kept alive between them.
//
// Errors   A sentence that names the server. An address must be http://HOST[:PORT]: the API is reached over loopback,
//          a tunnel or a proxy that adds TLS.
class HttpClient {
 public:
  [[nodiscard]] static Result<HttpClient, std::string> connect(const std::string& url);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // token and content_type may be empty.
  [[nodiscard]] Result<ClientResponse, std::string> send(std::string_view method, const std::string& target,
                                                         std::string_view token, std::string_view content_type,
                                                         std::string body);
  // GET, with the body handed on as it arrives, to a sink that may answer false to stop. That of an error (a status of
  // 300 or more) is answered instead.
  [[nodiscard]] Result<ClientResponse, std::string> download(const std::string& target, std::string_view token,
                                                             const std::function<bool(std::string_view)>& sink);

 private:
  struct State;
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace keyfence
