#include "libs/admin/change.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/cookies.h"
#include "libs/admin/sign_in/sign_in.h"

namespace keyfence::routes::session {

// Signing out always works: a session that has ended already, or that never was, is as good as signed out.
Answer end(Call& call) {
  for (const SessionStage stage : {SessionStage::kSignedIn, SessionStage::kAwaitsSecondFactor}) {
    const auto session = session_of_cookie(call, stage);
    if (!session) return Err{session.error()};
    const std::optional<SessionRow>& row = *session;
    if (!row) continue;
    const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
      change.audit("session.end", row->person.text(), std::nullopt, boost::json::object{{"session", row->id.text()}},
                   nullptr);
      return checked(change.tx.delete_session(row->id));
    });
    if (!committed && committed.error().status != 404) return Err{committed.error()};
  }
  HttpResponse response = no_content();
  response.headers.push_back(set_cookie(kSessionCookie, "", std::chrono::seconds(0)));
  return response;
}

}  // namespace keyfence::routes::session
