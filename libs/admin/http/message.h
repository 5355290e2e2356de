#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/net/ip_address.h"

// HTTP as the routes see it: plain values. The library that speaks it is seen by http/connection.cc and http/wire.cc
// alone.
namespace keyfence {

enum class HttpMethod : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOther };

[[nodiscard]] std::string_view name(HttpMethod method) noexcept;  // "GET", ...; "OTHER"

using HttpHeader = std::pair<std::string, std::string>;

struct HttpRequest {
  HttpMethod method = HttpMethod::kOther;
  std::string path;   // as sent, up to the question mark
  std::string query;  // as sent, after it; never logged
  std::vector<HttpHeader> headers;
  std::string body;
  IpAddress peer = IpAddress::v4(0);

  // The value of a header that is there exactly once; names compare without case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view header_name) const noexcept;
  [[nodiscard]] std::size_t header_count(std::string_view header_name) const noexcept;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;  // empty: no body
  std::string body;
  std::vector<HttpHeader> headers;
  // Where it is set, the body is made while it is sent: each call, on a worker, leaves the next piece, none at the end.
  // false: it cannot go on, and the connection is cut, so that nobody takes the body for whole.
  std::function<bool(std::string& piece)> next_piece = {};
};

[[nodiscard]] bool equals_without_case(std::string_view a, std::string_view b) noexcept;  // ASCII

}  // namespace keyfence
