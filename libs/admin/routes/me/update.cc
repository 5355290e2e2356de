#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/input.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/sign_in.h"

namespace keyfence::routes::me {

Answer update(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto new_name = read_name(reader, Presence::kRequired);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  PersonRow row;
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto standing = change.tx.person(call.caller.person->id);
    if (!standing) return Err{problem_of(standing.error())};
    row = std::move(*standing);
    change.audit("person.rename", row.id.text(), std::nullopt, boost::json::object{{"name", row.name}},
                 boost::json::object{{"name", *new_name}});
    row.name = *new_name;
    return checked(change.tx.update_person(row));
  });
  if (!committed) return Err{committed.error()};
  call.caller.person = std::move(row);
  return get(call);
}

}  // namespace keyfence::routes::me
