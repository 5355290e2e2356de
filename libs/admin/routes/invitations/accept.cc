#include <utility>

#include "libs/admin/input.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/invitations/invitation.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/people_input.h"
#include "libs/admin/sign_in/sign_in.h"

namespace keyfence::routes::invitations {
namespace {

// Spends the invitation, as it stands now, on this person.
Result<void, Problem> join(ChangeContext& change, std::string_view token, PersonId person, Timestamp now) {
  const auto found = find_invitation(change.tx, token, now);
  if (!found) return Err{found.error()};
  const InvitationRow& row = found->row;
  change.audit("member.join", person.text(), row.account, nullptr,
               boost::json::object{{"login", row.login}, {"role", name(row.role)}, {"invitation", row.id.text()}});
  auto put = checked(change.tx.put_membership({row.account, person, row.role, now}));
  if (!put) return put;
  return checked(change.tx.delete_invitation(row.id));
}

// For the person who has the login, and who is signed in.
Answer join_as(Call& call, const PersonRow& person, std::string_view token) {
  const auto session = session_of_cookie(call, SessionStage::kSignedIn);
  if (!session) return Err{session.error()};
  const std::optional<SessionRow>& row = *session;
  if (!row || row->person != person.id) return Err{sign_in_required()};  // ended since
  auto caller = person_caller(call.services.store, person, *row);
  if (!caller) return Err{std::move(caller).error()};
  call.caller = std::move(*caller);
  const auto committed =
      run_private_change(call, [&](ChangeContext& change) { return join(change, token, person.id, call.now); });
  if (!committed) return Err{committed.error()};
  caller = person_caller(call.services.store, person, *row);
  if (!caller) return Err{std::move(caller).error()};
  call.caller = std::move(*caller);
  auto me = view_me(call);
  if (!me) return Err{std::move(me).error()};
  return json_response(200, boost::json::object{{"status", "signed_in"}, {"me", std::move(*me)}});
}

}  // namespace

Answer accept(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto token = reader.text("token", Presence::kRequired);
  if (!token) {
    reader.finish();
    return Err{invalid_input(std::move(errors))};
  }
  const auto found = find_invitation(call.services.store, *token, call.now);
  if (!found) return Err{found.error()};
  const std::string& login = found->row.login;
  const auto asking = signed_in_as(call, login);
  if (!asking) return Err{asking.error()};
  if (*asking) {
    if (reader.has("password")) static_cast<void>(reader.text("password"));
    if (reader.has("name")) static_cast<void>(reader.text("name"));
    reader.finish();
    if (!errors.empty()) return Err{invalid_input(std::move(errors))};
    return join_as(call, **asking, *token);
  }

  const auto person_name = read_name(reader, Presence::kRequired);
  const auto password = read_new_password(reader, login);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  // Only now: nobody learns who has a login here but by what would have made that login.
  const auto standing = call.services.store.person_by_login(login);
  if (!standing) return Err{problem_of(standing.error())};
  if (*standing) {
    return Err{Problem{.status = 409,
                       .code = "login_exists",
                       .detail = "Sign in as " + login + ", then accept with the token alone."}};
  }
  auto hash = call.services.hasher.hash(*password);
  if (!hash) return Err{busy()};
  PersonRow row;
  row.id = PersonId(call.services.ids.next());
  row.login = login;
  row.name = *person_name;
  row.password = std::move(*hash);
  row.created_at = call.now;
  return begin_session(call, row.id, SessionStage::kSignedIn, [&](ChangeContext& change) -> Result<PersonRow, Problem> {
    if (auto made = checked(change.tx.insert_person(row)); !made) return Err{made.error()};
    if (auto joined = join(change, *token, row.id, call.now); !joined) return Err{joined.error()};
    return row;
  });
}

}  // namespace keyfence::routes::invitations
