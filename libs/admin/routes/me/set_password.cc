#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/people_input.h"
#include "libs/admin/sign_in/sign_in.h"

namespace keyfence::routes::me {

Answer set_password(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto password = read_new_password(reader, call.caller.person->login);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  const auto hash = call.services.hasher.hash(*password, Asker::kKnown);
  if (!hash) return Err{busy()};
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto row = change.tx.person(call.caller.person->id);
    if (!row) return Err{problem_of(row.error())};
    row->password = *hash;
    change.audit("person.set_password", row->id.text(), std::nullopt, nullptr, nullptr);
    if (auto written = checked(change.tx.update_person(*row)); !written) return written;
    return checked(change.tx.delete_sessions(row->id, call.caller.session->id));
  });
  if (!committed) return Err{committed.error()};
  return no_content();
}

}  // namespace keyfence::routes::me
