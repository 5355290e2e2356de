#include <utility>

#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/people_input.h"
#include "libs/admin/sign_in/sign_in.h"

namespace keyfence::routes::session {

Answer begin(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto login = reader.text("login", Presence::kRequired);
  const auto password = reader.text("password", Presence::kRequired);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  // A login that nobody has takes the same way, to the same answer and at the same cost.
  const auto found = call.services.store.person_by_login(lower_case(*login));
  if (!found) return Err{problem_of(found.error())};
  const PersonRow* person = *found ? &**found : nullptr;
  const auto attempt = attempt_of(call, lower_case(login->substr(0, kLoginBytesMax)), person);
  if (!attempt) return Err{attempt.error()};
  if (auto refusal = refuse_throttled(call, *attempt, person)) return Err{std::move(*refusal)};

  PasswordHasher& hasher = call.services.hasher;
  const Asker asker = attempt->device ? Asker::kKnown : Asker::kStranger;
  const auto match = hasher.verify(person != nullptr ? person->password : hasher.decoy(), *password, asker);
  if (!match) {
    call.services.throttle.take_back(*attempt);
    return Err{busy()};
  }
  if (person == nullptr || *match == PasswordMatch::kNo) return Err{denied(call, "session.denied", person)};
  call.services.throttle.take_back(*attempt);
  return begin_session(call, person->id, person->totp ? SessionStage::kAwaitsSecondFactor : SessionStage::kSignedIn,
                       [&](ChangeContext& change) -> Result<PersonRow, Problem> {
                         auto standing = find_person(change.tx, person->id);
                         if (!standing) return standing;
                         // Changed since it was judged: then that is what counts, factor and all.
                         const bool same =
                             standing->password.encoded == person->password.encoded && standing->totp == person->totp;
                         if (!same) return Err{busy()};
                         return standing;
                       });
}

}  // namespace keyfence::routes::session
