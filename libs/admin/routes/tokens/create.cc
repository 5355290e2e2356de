#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/input.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"
#include "libs/policy/presented_key.h"

namespace keyfence::routes::tokens {

Answer create(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto token_name = read_name(reader, Presence::kRequired);
  const auto role = reader.choice<Role>("role", parse_role, "one of operator, owner, admin, viewer");
  const auto account_text = reader.nullable_text("account_id").value_or(std::nullopt);
  const auto expires_at = reader.expiry("expires_at").value_or(std::nullopt);
  reader.finish();
  if (!reader.has("role")) reader.report("role", "missing", "is required");
  if (role && *role == Role::kOperator && account_text) {
    reader.report("account_id", "not_allowed", "an operator's token is of no account");
  }
  if (role && *role != Role::kOperator && !account_text) {
    reader.report("account_id", "missing", "is required for this role");
  }
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  if (*role == Role::kOperator && !call.caller.is_operator()) {
    return Err{forbidden("Only the operator makes tokens for the operator.")};
  }
  const auto account = account_text ? AccountId::parse(*account_text) : std::nullopt;
  if (account_text && (!account || !call.caller.sees(*account))) return Err{not_found()};

  const NewSecret secret = NewSecret::make("kfm_");
  const TokenRow row{.id = TokenId(call.services.ids.next()),
                     .name = *token_name,
                     .digest = secret.digest(),
                     .hint = hint_of(secret.reveal_once()),
                     .role = *role,
                     .account = account,
                     .expires_at = expires_at,
                     .revoked_at = {},
                     .created_by = call.caller.actor(),
                     .created_at = call.now};
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    if (account) {
      const auto standing = find_account(change.tx, call.caller, *account);
      if (!standing) return Err{standing.error()};
    }
    change.audit("token.create", row.id.text(), account, nullptr, view(row));
    return checked(change.tx.insert_token(row));
  });
  if (!committed) return Err{committed.error()};
  return json_response(
      201, boost::json::object{
               {"token", view(row)}, {"secret", secret.reveal_once()}, {"revision", committed->revision.value}});
}

}  // namespace keyfence::routes::tokens
