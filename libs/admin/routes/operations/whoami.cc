#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::operations {

Answer whoami(Call& call) {
  namespace json = boost::json;
  const Caller& caller = call.caller;
  return json_response(
      200,
      boost::json::object{
          {"address", call.client ? boost::json::value(call.client->text()) : nullptr},
          {"kind", caller.is_person() ? "person" : "token"},
          {"token_id", caller.token ? json::value(caller.token->id.text()) : nullptr},
          {"token_name", caller.token ? json::value(caller.token->name) : nullptr},
          {"person_id", caller.person ? json::value(caller.person->id.text()) : nullptr},
          {"login", caller.person ? json::value(caller.person->login) : nullptr},
          {"role", caller.accounts.size() > 1 ? json::value(nullptr) : json::value(name(caller.role))},
          {"account_id", caller.accounts.size() == 1 ? json::value(caller.accounts.front().account.text()) : nullptr}});
}

}  // namespace keyfence::routes::operations
