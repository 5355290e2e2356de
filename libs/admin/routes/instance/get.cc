#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::instance {

Answer get(Call& call) {
  const auto row = call.services.store.instance();
  if (!row) return Err{problem_of(row.error())};
  HttpResponse response = json_response(200, view(*row));
  response.headers.emplace_back("ETag", etag(row->changed));
  return response;
}

}  // namespace keyfence::routes::instance
