#include <utility>

#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/session_times.h"
#include "libs/admin/sign_in/sign_in.h"

namespace keyfence::routes::session {

Answer confirm(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto password = reader.text("password", Presence::kRequired);
  const SecondFactor factor{.code = reader.text("code"), .recovery_code = {}};
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  // Counted for this session alone: nobody else can use up its tries, and it cannot use up anyone else's.
  const PersonRow& person = *call.caller.person;
  const SignInAttempt attempt{.login = person.login, .client = call.client, .device = call.caller.session->digest};
  if (auto refusal = refuse_throttled(call, attempt, &person)) return Err{std::move(*refusal)};
  const auto match = call.services.hasher.verify(person.password, *password, Asker::kKnown);
  if (!match) {
    call.services.throttle.take_back(attempt);
    return Err{busy()};
  }
  if (*match == PasswordMatch::kNo) return Err{denied(call, "session.confirm_denied", &person)};

  SessionRow session = *call.caller.session;
  session.last_seen_at = call.now;
  session.confirmed_at = call.now;
  bool wrong = false;
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto standing = change.tx.person(person.id);
    if (!standing) return Err{problem_of(standing.error())};
    if (standing->totp) {
      const auto spent = spend_second_factor(change, *standing, factor, call.now);
      if (!spent) return Err{spent.error()};
      wrong = !*spent;
      if (wrong) return Err{sign_in_required()};
      if (auto written = checked(change.tx.update_person(*standing)); !written) return written;
    }
    change.audit("session.confirm", person.id.text(), std::nullopt, nullptr, nullptr);
    return checked(change.tx.update_session(session));
  });
  if (wrong) return Err{denied(call, "session.confirm_denied", &person)};
  if (!committed) return Err{committed.error()};
  call.services.throttle.take_back(attempt);
  return json_response(200, boost::json::object{{"fresh_until", rfc3339(fresh_until(session))}});
}

}  // namespace keyfence::routes::session
