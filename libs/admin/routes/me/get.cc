#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/sign_in.h"

namespace keyfence::routes::me {

Answer get(Call& call) {
  auto me = view_me(call);
  if (!me) return Err{std::move(me).error()};
  return json_response(200, *me);
}

}  // namespace keyfence::routes::me
