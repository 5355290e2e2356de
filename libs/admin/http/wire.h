#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/http/message.h"

// Between the library that reads HTTP and message.h: what it has parsed is judged and made a value of, and an answer is
// made bytes of. Plain functions, for any thread.
namespace keyfence {

using ParsedHead = boost::beast::http::request_header<>;

// What the server itself answers, and the connection ends. code is one of the API's stable codes.
struct HttpRefusal {
  int status;
  std::string_view code;
  std::string_view detail;
};

// What the parser lets pass although it is ambiguous or over a limit; nullopt: it is neither.
[[nodiscard]] std::optional<HttpRefusal> judge(const ParsedHead& head, std::size_t line_bytes_max);

// To a request that could not be read; nullopt: nobody waits for an answer.
[[nodiscard]] std::optional<HttpRefusal> refusal_of(boost::system::error_code error);

[[nodiscard]] HttpMethod method_of(const ParsedHead& head) noexcept;
// All of it but the body.
[[nodiscard]] HttpRequest request_of(const ParsedHead& head, const IpAddress& peer);

enum class KeepAlive : std::uint8_t { kNo, kYes };
// kUntold: up to the end of the connection, or of no body.
enum class BodyLength : std::uint8_t { kUntold, kCounted, kChunked };

// Everything before the body. version is 10 or 11.
void append_head(std::string& text, const HttpResponse& response, unsigned version, KeepAlive keep_alive,
                 BodyLength length);

}  // namespace keyfence
