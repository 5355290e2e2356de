#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/http/server.h"
#include "libs/admin/router.h"
#include "libs/admin/services.h"

namespace keyfence {

// The admin API: from a request to its answer. Finds the route, checks token, role, query and body, runs the handler,
// and puts on every answer the request id and the security headers.
//
// Errors   Every error is answered as a problem; an exception of a library is a 500 and a line in the log.
// Threads  handle() with another worker number in each thread.
class AdminApplication final : public HttpApplication {
 public:
  explicit AdminApplication(Services& services) : services_(services) {}

  [[nodiscard]] HttpResponse handle(const HttpRequest& request, std::size_t worker) noexcept override;
  // What nobody known sends is answered without its body, and so is what no route takes.
  [[nodiscard]] std::optional<HttpResponse> refuse_head(const HttpRequest& head, std::size_t worker) noexcept override;
  // Reads of one thing, where a connection to the store is free.
  [[nodiscard]] std::optional<HttpResponse> handle_at_once(const HttpRequest& request) noexcept override;
  [[nodiscard]] HttpResponse refuse(int status, std::string_view code, std::string_view detail) noexcept override;
  [[nodiscard]] std::size_t body_bytes_max(HttpMethod method, std::string_view path) const noexcept override;

 private:
  [[nodiscard]] HttpResponse answer(const HttpRequest& request, const RouteMatch& match, std::size_t worker);

  Services& services_;
};

}  // namespace keyfence
