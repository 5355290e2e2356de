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
  [[nodiscard]] HttpResponse refuse(int status, std::string_view code, std::string_view detail) noexcept override;
  [[nodiscard]] std::size_t body_bytes_max(HttpMethod method, std::string_view path) const noexcept override;

 private:
  Services& services_;
};

}  // namespace keyfence
