#include <utility>

#include "libs/admin/idempotency/creation.h"
#include "libs/admin/input.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/people_input.h"
#include "libs/admin/sign_in/random_codes.h"
#include "libs/admin/sign_in/sign_in.h"
#include "libs/admin/views.h"

namespace keyfence::routes::operators {
namespace {

Result<void, Problem> require_free_login(StoreReader& store, const std::string& login) {
  const auto standing = store.person_by_login(login);
  if (!standing) return Err{problem_of(standing.error())};
  const std::optional<PersonRow>& person = *standing;
  if (!person) return {};
  return Err{Problem{.status = 409,
                     .code = "login_exists",
                     .detail = "Somebody has this login already.",
                     .standing_id = person->id.text()}};
}

}  // namespace

Answer create(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto login = read_login(reader);
  const auto person_name = read_name(reader, Presence::kRequired);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  const std::string password = random_groups(4, 5);
  auto hash = call.services.hasher.hash(password);
  if (!hash) return Err{busy()};
  PersonRow row;
  row.id = PersonId(call.services.ids.next());
  row.login = *login;
  row.name = *person_name;
  row.password = std::move(*hash);
  row.reach = Reach::kInstance;
  row.created_at = call.now;
  const auto work = [&](ChangeContext& change) -> Result<void, Problem> {
    if (auto free = require_free_login(change.tx, row.login); !free) return free;
    change.audit("operator.create", row.id.text(), std::nullopt, nullptr, view_operator(row));
    return checked(change.tx.insert_person(row));
  };
  return run_private_creation(call, work, [&](const Committed&) {
    return json_response(201, boost::json::object{{"operator", view_operator(row)}, {"password", password}});
  });
}

}  // namespace keyfence::routes::operators
