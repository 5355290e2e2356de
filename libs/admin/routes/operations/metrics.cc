#include "libs/admin/routes/routes.h"

namespace keyfence::routes::operations {

Answer metrics(Call& call) {
  return HttpResponse{.status = 200,
                      .content_type = "text/plain; version=0.0.4; charset=utf-8",
                      .body = call.services.metrics.render(call.services.publisher.status(), call.services.version),
                      .headers = {}};
}

}  // namespace keyfence::routes::operations
