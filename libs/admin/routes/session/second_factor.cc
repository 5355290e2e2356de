#include <utility>

#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/sign_in.h"

namespace keyfence::routes::session {

Answer second_factor(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const SecondFactor factor{.code = reader.text("code"), .recovery_code = reader.text("recovery_code")};
  reader.finish();
  if (errors.empty() && factor.code.has_value() == factor.recovery_code.has_value()) {
    reader.report("code", "missing", "is required, or recovery_code instead");
  }
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  const auto waiting = session_of_cookie(call, SessionStage::kAwaitsSecondFactor);
  if (!waiting) return Err{waiting.error()};
  const std::optional<SessionRow>& session = *waiting;
  if (!session) return Err{sign_in_required()};
  const auto person = call.services.store.person(session->person);
  if (!person) return Err{problem_of(person.error())};
  const auto attempt = attempt_of(call, person->login, &*person);
  if (!attempt) return Err{attempt.error()};
  if (auto refusal = refuse_throttled(call, *attempt, &*person)) return Err{std::move(*refusal)};

  bool wrong = false;
  auto answer = begin_session(call, person->id, SessionStage::kSignedIn,
                              [&](ChangeContext& change) -> Result<PersonRow, Problem> {
                                auto standing = find_person(change.tx, person->id);
                                if (!standing) return standing;
                                const auto spent = spend_second_factor(change, *standing, factor, call.now);
                                if (!spent) return Err{spent.error()};
                                wrong = !*spent;
                                if (wrong) return Err{sign_in_required()};
                                return standing;
                              });
  if (wrong) return Err{denied(call, "session.second_factor_denied", &*person)};
  if (answer) call.services.throttle.take_back(*attempt);
  return answer;
}

}  // namespace keyfence::routes::session
