#include "libs/admin/routes/routes.h"

namespace keyfence::routes::operations {

Answer ready(Call& call) {
  const auto not_ready = [](std::string_view reason) {
    return json_response(503, boost::json::object{{"status", "not_ready"}, {"reason", reason}});
  };
  const auto revision = call.services.store.revision();
  if (!revision) return not_ready("the store does not answer");
  if (!call.services.publisher.ready_for_changes()) return not_ready("the policy image lags behind the store");
  return json_response(200, boost::json::object{{"status", "ready"}});
}

}  // namespace keyfence::routes::operations
