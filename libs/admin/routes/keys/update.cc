#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/history/row_etag.h"
#include "libs/admin/input.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::keys {
namespace {

std::optional<KeyState> parse_settable_state(std::string_view text) noexcept {
  const auto state = parse_key_state(text);
  if (state == KeyState::kRevoked) return std::nullopt;
  return state;
}

}  // namespace

Answer update(Call& call) {
  const auto id = call.path_id<KeyId>("key_id");
  if (!id) return Err{id.error()};
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto key_name = read_name(reader, Presence::kOptional);
  const auto description = read_description(reader);
  const auto scopes = read_scopes(reader);
  const auto expires_at = reader.expiry("expires_at");
  const auto state =
      reader.choice<KeyState>("state", parse_settable_state, "active or disabled; to revoke there is …/revoke");
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  KeyRow row;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto standing = find_key(change.tx, call.caller, *id);
    if (!standing) return Err{standing.error()};
    if (auto stale = refuse_stale_row(call.request, view(*standing))) return Err{std::move(*stale)};
    if (state && standing->state == KeyState::kRevoked) return Err{key_revoked()};
    row = *standing;
    if (key_name) row.name = *key_name;
    if (description) row.description = *description;
    if (scopes) row.scopes = *scopes;
    if (expires_at) row.expires_at = *expires_at;
    if (state) row.state = *state;
    change.audit("key.update", row.id.text(), row.account, view(*standing), view(row));
    return checked(change.tx.update_key(row));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, view_after(row, *committed));
  response.headers.emplace_back("ETag", row_etag(view(row)));
  return response;
}

}  // namespace keyfence::routes::keys
