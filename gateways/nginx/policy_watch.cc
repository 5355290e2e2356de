#include "gateways/nginx/policy_watch.h"

namespace keyfence::nginx {
namespace {

constexpr ngx_msec_t kIntervalMs = 1000;

}  // namespace

PolicyWatch::PolicyWatch(ImageReader& image) noexcept : image_(image) {
  owner_.fd = static_cast<ngx_socket_t>(-1);
  owner_.data = this;
  timer_.data = &owner_;
  timer_.cancelable = 1;
  timer_.handler = [](ngx_event_t* event) noexcept {
    auto* const owner = static_cast<ngx_connection_t*>(event->data);
    static_cast<PolicyWatch*>(owner->data)->look();
  };
}

PolicyWatch::~PolicyWatch() {
  if (timer_.timer_set != 0) ngx_del_timer(&timer_);
}

void PolicyWatch::start(ngx_log_t* log) noexcept {
  timer_.log = log;
  look();
}

void PolicyWatch::look() noexcept {
  image_.recheck();
  const bool has_policy = image_.acquire() != nullptr;
  const std::optional<ImageError> error = image_.last_error();
  if (error != reported_) {
    reported_ = error;
    if (error) {
      ngx_str_t problem = borrowed(name(*error));
      ngx_log_error(NGX_LOG_ERR, timer_.log, 0, "keyfence: policy image: %V; %s", &problem,
                    has_policy ? "the last good one goes on deciding" : "requests are refused with 503");
    } else {
      ngx_log_error(NGX_LOG_NOTICE, timer_.log, 0, "keyfence: policy image: generation %uL",
                    static_cast<std::uint64_t>(image_.generation()));
    }
  }
  ngx_add_timer(&timer_, kIntervalMs);
}

}  // namespace keyfence::nginx
