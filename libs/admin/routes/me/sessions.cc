#include <algorithm>

#include "libs/admin/change.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/session_times.h"

namespace keyfence::routes::me {

Answer list_sessions(Call& call) {
  const auto rows = call.services.store.sessions(call.caller.person->id);
  if (!rows) return Err{problem_of(rows.error())};
  boost::json::array items;
  for (const SessionRow& row : *rows) {
    if (row.stage != SessionStage::kSignedIn || has_ended(row, call.now)) continue;
    items.emplace_back(boost::json::object{{"id", row.id.text()},
                                           {"created_at", rfc3339(row.created_at)},
                                           {"last_seen_at", rfc3339(row.last_seen_at)},
                                           {"address", row.address},
                                           {"user_agent", row.user_agent},
                                           {"current", row.id == call.caller.session->id}});
  }
  return json_response(200, boost::json::object{{"items", std::move(items)}});
}

Answer end_session(Call& call) {
  const auto id = call.path_id<SessionId>("session_id");
  if (!id) return Err{id.error()};
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto own = change.tx.sessions(call.caller.person->id);
    if (!own) return Err{problem_of(own.error())};
    const bool is_own = std::any_of(own->begin(), own->end(), [&](const SessionRow& row) { return row.id == *id; });
    if (!is_own) return Err{not_found()};
    change.audit("session.end", call.caller.person->id.text(), std::nullopt,
                 boost::json::object{{"session", id->text()}}, nullptr);
    return checked(change.tx.delete_session(*id));
  });
  if (!committed) return Err{committed.error()};
  return no_content();
}

Answer end_other_sessions(Call& call) {
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    change.audit("session.end_others", call.caller.person->id.text(), std::nullopt, nullptr, nullptr);
    return checked(change.tx.delete_sessions(call.caller.person->id, call.caller.session->id));
  });
  if (!committed) return Err{committed.error()};
  return no_content();
}

}  // namespace keyfence::routes::me
