#include "libs/admin/change.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::operators {
namespace {

// Who is a member of accounts stays that, signed out.
Result<void, Problem> dismiss(Transaction& tx, PersonRow row) {
  const auto memberships = tx.memberships(row.id);
  if (!memberships) return Err{problem_of(memberships.error())};
  if (memberships->empty()) return checked(tx.delete_person(row.id));
  row.reach = Reach::kAccounts;
  if (auto ended = checked(tx.delete_sessions(row.id, std::nullopt)); !ended) return ended;
  return checked(tx.update_person(row));
}

}  // namespace

Answer remove(Call& call) {
  const auto id = call.path_id<PersonId>("person_id");
  if (!id) return Err{id.error()};
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto standing = change.tx.person(*id);
    if (!standing) return Err{problem_of(standing.error())};
    if (!standing->is_operator()) return Err{not_found()};
    const auto operators = change.tx.operator_count();
    if (!operators) return Err{problem_of(operators.error())};
    if (*operators <= 1) {
      return Err{Problem{.status = 409, .code = "last_operator", .detail = "The last operator stays one."}};
    }
    change.audit("operator.remove", id->text(), std::nullopt, view_operator(*standing), nullptr);
    return dismiss(change.tx, *standing);
  });
  if (!committed) return Err{committed.error()};
  return no_content();
}

}  // namespace keyfence::routes::operators
