#include "libs/admin/routes/routes.h"

namespace keyfence::routes::operations {

Answer health(Call&) {
  return json_response(200, boost::json::object{{"status", "ok"}});
}

}  // namespace keyfence::routes::operations
