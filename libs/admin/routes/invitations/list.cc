#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::invitations {

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  const auto account = find_account(call.services.store, call.caller, *id);
  if (!account) return Err{account.error()};
  auto rows = call.services.store.invitations(*id, *page);
  if (!rows) return Err{problem_of(rows.error())};
  const More more = cut_page(*rows, *page);
  boost::json::array items;
  for (const InvitationRow& row : *rows) {
    if (call.now < row.expires_at) items.emplace_back(view(row));
  }
  const auto next = next_of(call, more, rows->empty() ? 0 : rows->back().id.value());
  return json_response(200, boost::json::object{{"items", std::move(items)}, {"next", next}});
}

}  // namespace keyfence::routes::invitations
