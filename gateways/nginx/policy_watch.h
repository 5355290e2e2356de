#pragma once

#include <optional>

#include "gateways/nginx/nginx_api.h"
#include "gateways/nginx/worker.h"

namespace keyfence::nginx {

// Looks once a second, between requests, whether the policy directory is still the one that is mapped, and writes to
// the error log when the policy becomes unreadable and when it is readable again.
//
// Threads  The worker's own. Its timer ends with it, and does not keep a worker that is to exit.
class PolicyWatch {
 public:
  explicit PolicyWatch(ImageReader& image) noexcept;
  ~PolicyWatch();
  PolicyWatch(const PolicyWatch&) = delete;
  PolicyWatch& operator=(const PolicyWatch&) = delete;

  void start(ngx_log_t* log) noexcept;

 private:
  void look() noexcept;

  ImageReader& image_;
  std::optional<ImageError> reported_;
  ngx_event_t timer_{};
  ngx_connection_t owner_{};  // nginx's debug log reads the timer's data as a connection
};

}  // namespace keyfence::nginx
