#include "libs/admin/routes/routes.h"

namespace keyfence::routes::operations {

Answer metrics(Call& call) {
  std::string text = call.services.metrics.render(call.services.publisher.status(), call.services.version);
  if (call.services.usage != nullptr && call.services.drain != nullptr) {
    if (const auto stats = call.services.usage->stats()) {
      text += AdminMetrics::render_usage(call.services.drain->status(), *stats);
    }
  }
  return HttpResponse{.status = 200,
                      .content_type = "text/plain; version=0.0.4; charset=utf-8",
                      .body = std::move(text),
                      .headers = {}};
}

}  // namespace keyfence::routes::operations
