#include "libs/admin/openapi_document.h"
#include "libs/admin/routes/routes.h"

namespace keyfence::routes::operations {

Answer openapi(Call&) {
  return HttpResponse{
      .status = 200, .content_type = "application/json", .body = std::string(openapi_document()), .headers = {}};
}

}  // namespace keyfence::routes::operations
