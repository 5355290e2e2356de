#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::operations {

Answer whoami(Call& call) {
  return json_response(200,
                       boost::json::object{{"address", call.client ? boost::json::value(call.client->text()) : nullptr},
                                           {"token_id", call.caller.token.text()},
                                           {"token_name", call.caller.token_name},
                                           {"role", name(call.caller.role)},
                                           {"account_id", view_id(call.caller.account)}});
}

}  // namespace keyfence::routes::operations
