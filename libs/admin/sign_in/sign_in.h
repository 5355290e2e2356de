#pragma once

#include <functional>
#include <optional>
#include <string>

#include "libs/admin/change.h"
#include "libs/admin/sign_in/sign_in_throttle.h"

// The steps that signing in consists of.
namespace keyfence {

// The session of the cookie at this stage, if it has not ended.
[[nodiscard]] Result<std::optional<SessionRow>, Problem> session_of_cookie(const Call& call, SessionStage stage);

// A try to sign in as this login, from where the call comes, with the browser's device cookie if that is the person's.
[[nodiscard]] Result<SignInAttempt, Problem> attempt_of(const Call& call, std::string login, const PersonRow* person);
// Counts the try; 429 too_many_attempts where there were too many, the first of them with a line in the audit log.
[[nodiscard]] std::optional<Problem> refuse_throttled(Call& call, const SignInAttempt& attempt,
                                                      const PersonRow* person);
// 401 sign_in_failed, one answer for every cause, with a line in the audit log. Of a login that nobody has the line
// does not tell: people type passwords there.
[[nodiscard]] Problem denied(Call& call, std::string_view action, const PersonRow* person);
[[nodiscard]] Problem busy();

// What proves the second factor: one of them.
struct SecondFactor {
  std::optional<std::string> code;
  std::optional<std::string> recovery_code;
};
// Spends it; false if it is wrong or was spent. Changes the row, which the caller writes.
[[nodiscard]] Result<bool, Problem> spend_second_factor(ChangeContext& change, PersonRow& person,
                                                        const SecondFactor& factor, Timestamp now);

// Runs first in the transaction that begins a session, and answers the person's row as it is to be written.
using SessionWork = std::function<Result<PersonRow, Problem>(ChangeContext&)>;

// Ends the session of the cookie, if there is one, and begins another with a new id. The answer sets the cookies, and
// is
// {"status":"signed_in","me":...} or {"status":"second_factor_required"}.
[[nodiscard]] Answer begin_session(Call& call, PersonId id, SessionStage stage, const SessionWork& work);

[[nodiscard]] Result<PersonRow, Problem> find_person(StoreReader& store, PersonId id);

// A person's or token's view of itself: GET /me.
[[nodiscard]] Result<boost::json::object, Problem> view_me(const Call& call);

}  // namespace keyfence
