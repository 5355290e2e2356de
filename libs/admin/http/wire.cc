#include "libs/admin/http/wire.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

namespace keyfence {

namespace beast = boost::beast;
namespace http = beast::http;

std::optional<HttpRefusal> judge(const ParsedHead& head, std::size_t line_bytes_max) {
  if (head.version() != 11 && head.version() != 10) {
    return HttpRefusal{505, "bad_request", "this server speaks HTTP/1.1"};
  }
  if (head.target().size() > line_bytes_max) return HttpRefusal{414, "bad_request", "the request target is too long"};
  std::size_t hosts = 0;
  std::size_t codings = 0;
  std::size_t lengths = 0;
  for (const auto& field : head) {
    if (field.name_string().size() + field.value().size() + 4 > line_bytes_max) {
      return HttpRefusal{431, "headers_too_large", "a header line is too long"};
    }
    if (field.name() == http::field::host) ++hosts;
    if (field.name() == http::field::content_length) ++lengths;
    if (field.name() == http::field::transfer_encoding) {
      ++codings;
      if (!beast::iequals(field.value(), "chunked")) {
        return HttpRefusal{400, "bad_request", "the only transfer coding that is read is chunked"};
      }
    }
  }
  if (codings > 1 || lengths > 1 || (codings > 0 && (lengths > 0 || head.version() == 10))) {
    return HttpRefusal{400, "bad_request", "the length of the body is ambiguous"};
  }
  if (hosts > 1 || (hosts == 0 && head.version() == 11)) {
    return HttpRefusal{400, "bad_request", "exactly one Host header is required"};
  }
  if (head.target().empty() || head.target().front() != '/' || head.target().find('#') != std::string_view::npos) {
    return HttpRefusal{400, "bad_request", "the request target must be a path"};
  }
  return std::nullopt;
}

std::optional<HttpRefusal> refusal_of(boost::system::error_code error) {
  if (error == http::error::end_of_stream || error == boost::asio::error::operation_aborted) return std::nullopt;
  if (error == http::error::body_limit) {
    return HttpRefusal{413, "body_too_large", "the body is larger than this resource takes"};
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return HttpRefusal{431, "headers_too_large", "the headers are too large"};
  }
  if (error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::partial_message) {
    return HttpRefusal{400, "bad_request", "the request is not well-formed HTTP/1.1"};
  }
  return std::nullopt;
}

HttpMethod method_of(const ParsedHead& head) noexcept {
  const http::verb verb = head.method();
  if (verb == http::verb::get) return HttpMethod::kGet;
  if (verb == http::verb::head) return HttpMethod::kHead;
  if (verb == http::verb::post) return HttpMethod::kPost;
  if (verb == http::verb::put) return HttpMethod::kPut;
  if (verb == http::verb::patch) return HttpMethod::kPatch;
  if (verb == http::verb::delete_) return HttpMethod::kDelete;
  return HttpMethod::kOther;
}

HttpRequest request_of(const ParsedHead& head, const IpAddress& peer) {
  HttpRequest request;
  request.method = method_of(head);
  const std::string_view target(head.target().data(), head.target().size());
  const std::size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  request.query = target.substr(std::min(question + 1, target.size()));
  for (const auto& field : head) {
    request.headers.emplace_back(field.name_string(), field.value());
  }
  request.peer = peer;
  return request;
}

void append_head(std::string& text, const HttpResponse& response, unsigned version, KeepAlive keep_alive,
                 BodyLength length) {
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
  if (length == BodyLength::kCounted && !has_no_body) line("Content-Length", std::to_string(response.body.size()));
  if (length == BodyLength::kChunked) line("Transfer-Encoding", "chunked");
  text += "\r\n\r\n";
}

}  // namespace keyfence
