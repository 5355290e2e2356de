#include "libs/admin/history/row_etag.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/evidence.h"
#include "libs/admin/views.h"

namespace keyfence::routes::keys {

Answer get(Call& call) {
  const auto id = call.path_id<KeyId>("key_id");
  if (!id) return Err{id.error()};
  const auto row = find_key(call.services.store, call.caller, *id);
  if (!row) return Err{row.error()};
  const auto list = call.services.store.list(ListRef::of(*id));
  if (!list) return Err{problem_of(list.error())};
  boost::json::object body = view(*row);
  const std::string tag = row_etag(body);
  body["allowlist"] = view_summary(*list);
  body["evidence"] = usage::key_evidence(call, std::span(&*row, 1)).front();
  HttpResponse response = json_response(200, body);
  response.headers.emplace_back("ETag", tag);
  return response;
}

}  // namespace keyfence::routes::keys
