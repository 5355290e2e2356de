#include <utility>

#include "libs/admin/idempotency/creation.h"
#include "libs/admin/input.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::accounts {

Answer create(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto account_name = read_name(reader, Presence::kRequired);
  const auto state = reader.choice<AccountState>("state", parse_account_state, "active or suspended");
  const auto error_style = read_nullable_error_style(reader);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  AccountRow row;
  row.id = AccountId(call.services.ids.next());
  row.name = *account_name;
  row.state = state.value_or(AccountState::kActive);
  row.error_style = error_style.value_or(std::nullopt);
  row.created_at = call.now;
  const auto work = [&](ChangeContext& change) -> Result<void, Problem> {
    auto unique = require_free_name(change.tx, call.caller, row.name, std::nullopt);
    if (!unique) return unique;
    change.audit("account.create", row.id.text(), row.id, nullptr, view(row));
    return checked(change.tx.insert_account(row));
  };
  return run_creation(call, work, [&](const Committed& committed) {
    HttpResponse response = json_response(201, view_at(row, committed.revision));
    response.headers.emplace_back("Location", "/api/v1/accounts/" + row.id.text());
    return response;
  });
}

}  // namespace keyfence::routes::accounts
