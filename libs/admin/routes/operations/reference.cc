#include "libs/admin/openapi_document.h"
#include "libs/admin/routes/routes.h"

namespace keyfence::routes::operations {

Answer reference(Call&) {
  return HttpResponse{.status = 200,
                      .content_type = "text/html; charset=utf-8",
                      .body = std::string(reference_page()),
                      .headers = {{"Content-Security-Policy",
                                   "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
                                   "frame-ancestors 'none'"}}};
}

Answer reference_style_sheet(Call&) {
  return HttpResponse{
      .status = 200, .content_type = "text/css; charset=utf-8", .body = std::string(reference_style()), .headers = {}};
}

}  // namespace keyfence::routes::operations
