#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/history/row_etag.h"
#include "libs/admin/input.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::accounts {

Answer update(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto account_name = read_name(reader, Presence::kOptional);
  const auto state = reader.choice<AccountState>("state", parse_account_state, "active or suspended");
  const auto error_style = read_nullable_error_style(reader);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  AccountRow row;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto standing = find_account(change.tx, call.caller, *id);
    if (!standing) return Err{std::move(standing).error()};
    if (auto stale = refuse_stale_row(call.request, view(*standing))) return Err{std::move(*stale)};
    if (standing->deletion) {
      return Err{
          Problem{.status = 409, .code = "account_deleted", .detail = "The account is deleted: restore it first."}};
    }
    if (state && !call.caller.is_operator()) return Err{forbidden("Only the operator suspends and resumes accounts.")};
    row = *standing;
    if (account_name) {
      auto unique = require_free_name(change.tx, call.caller, *account_name, row.id);
      if (!unique) return unique;
      row.name = *account_name;
    }
    if (state) row.state = *state;
    if (error_style) row.error_style = *error_style;
    change.audit("account.update", row.id.text(), row.id, view(*standing), view(row));
    return checked(change.tx.update_account(row));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, view_after(row, *committed));
  response.headers.emplace_back("ETag", row_etag(view(row)));
  return response;
}

}  // namespace keyfence::routes::accounts
