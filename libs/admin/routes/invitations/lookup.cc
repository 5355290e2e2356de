#include <utility>

#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/invitations/invitation.h"
#include "libs/admin/routes/routes.h"

namespace keyfence::routes::invitations {

Answer lookup(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto token = reader.text("token", Presence::kRequired);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  const auto found = find_invitation(call.services.store, *token, call.now);
  if (!found) return Err{found.error()};
  // Whoever invited someone has the token too, and is not to learn from it who has a login here.
  const auto person = signed_in_as(call, found->row.login);
  if (!person) return Err{person.error()};
  return json_response(200, boost::json::object{{"account_name", found->account.name},
                                                {"login", found->row.login},
                                                {"login_exists", person->has_value()},
                                                {"role", name(found->row.role)},
                                                {"expires_at", rfc3339(found->row.expires_at)}});
}

}  // namespace keyfence::routes::invitations
