#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/filter.h"

namespace keyfence::routes::usage {

Answer find(Call& call) {
  const auto store = store_of(call);
  if (!store) return Err{store.error()};
  const auto id = parse_request_id(call.path_parameter("request_id"));
  if (!id) return Err{not_found()};
  auto found = (*store)->find(*id);
  if (!found) return Err{problem_of(found.error())};
  if (!*found || !call.caller.sees((*found)->record.decision.account)) return Err{not_found()};
  return json_response(200, view(**found));
}

}  // namespace keyfence::routes::usage
