#include "libs/admin/declared/apply.h"

#include <utility>

#include "libs/admin/routes/routes.h"

namespace keyfence::routes::declared {
namespace {

constexpr std::string_view kPlanned = "planned";  // within apply() alone: what was done is taken back

enum class Kind : std::uint8_t { kPlan, kDone };

HttpResponse report(Applied applied, Kind kind, Revision revision) {
  return json_response(200, boost::json::object{{"plan", kind == Kind::kPlan},
                                                {"changes", std::move(applied.changes)},
                                                {"secrets", std::move(applied.secrets)},
                                                {"revision", revision.value}});
}

}  // namespace

Answer apply(Call& call) {
  const auto instance = call.services.store.instance();
  if (!instance) return Err{problem_of(instance.error())};
  const auto declaration = read_declaration(call.body, *instance);
  if (!declaration) return Err{declaration.error()};
  const bool plan = query_flag(call, "plan");
  const Unnamed unnamed = query_flag(call, "prune") ? Unnamed::kDeleted : Unnamed::kKept;
  Applied applied;
  Revision standing;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto revision = change.tx.revision();
    if (!revision) return Err{problem_of(revision.error())};
    standing = *revision;
    auto done = apply_declaration(change, call, *declaration, unnamed);
    if (!done) return Err{std::move(done).error()};
    applied = std::move(*done);
    if (plan) return Err{Problem{.status = 409, .code = std::string(kPlanned), .detail = {}}};
    return {};
  });
  if (committed) return report(std::move(applied), Kind::kDone, committed->revision);
  if (!plan || committed.error().code != kPlanned) return Err{committed.error()};
  applied.secrets.clear();  // of keys that were not made
  return report(std::move(applied), Kind::kPlan, standing);
}

}  // namespace keyfence::routes::declared
