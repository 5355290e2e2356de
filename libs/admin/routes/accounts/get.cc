#include "libs/admin/history/row_etag.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::accounts {

Answer get(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  const auto row = find_account(call.services.store, call.caller, *id);
  if (!row) return Err{row.error()};
  const boost::json::object body = view(*row);
  HttpResponse response = json_response(200, body);
  response.headers.emplace_back("ETag", row_etag(body));
  return response;
}

}  // namespace keyfence::routes::accounts
