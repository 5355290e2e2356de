#include <algorithm>
#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/idempotency/creation.h"
#include "libs/admin/input.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"
#include "libs/policy/presented_key.h"

namespace keyfence::routes::tokens {

namespace {

constexpr std::size_t kAddressesMax = 20;

// Where the token may be used from, in the syntax of entries.
std::vector<IpRange> read_addresses(ObjectReader& reader, std::vector<FieldError>& errors) {
  std::vector<IpRange> ranges;
  const boost::json::array* array = reader.array("addresses");
  if (array == nullptr) return ranges;
  if (array->size() > kAddressesMax) reader.report("addresses", "too_many", "must be at most 20");
  for (std::size_t i = 0; i < std::min(array->size(), kAddressesMax); ++i) {
    const std::string pointer = "/addresses/" + std::to_string(i);
    const boost::json::string* text = (*array)[i].if_string();
    if (text == nullptr) {
      errors.push_back({.pointer = pointer, .code = "wrong_type", .message = "must be a string"});
      continue;
    }
    auto parsed = parse_entry({text->data(), text->size()});
    if (parsed) {
      ranges.push_back(parsed->range);
    } else {
      errors.push_back(field_error(pointer, std::move(parsed).error()));
    }
  }
  return ranges;
}

}  // namespace

Answer create(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto token_name = read_name(reader, Presence::kRequired);
  const auto role = reader.choice<Role>("role", parse_role, "one of operator, owner, admin, viewer");
  const auto account_text = reader.nullable_text("account_id").value_or(std::nullopt);
  const std::vector<IpRange> addresses = read_addresses(reader, errors);
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
  if (account && *call.caller.role_in(*account) < Role::kOwner) {
    return Err{forbidden("This is for the operator and an account's owner.")};
  }

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
                     .created_at = call.now,
                     .addresses = addresses};
  const auto work = [&](ChangeContext& change) -> Result<void, Problem> {
    if (account) {
      const auto standing = find_account(change.tx, call.caller, *account);
      if (!standing) return Err{standing.error()};
    }
    change.audit("token.create", row.id.text(), account, nullptr, view(row));
    return checked(change.tx.insert_token(row));
  };
  return run_private_creation(call, work, [&](const Committed& committed) {
    return json_response(
        201, boost::json::object{
                 {"token", view(row)}, {"secret", secret.reveal_once()}, {"revision", committed.revision.value}});
  });
}

}  // namespace keyfence::routes::tokens
