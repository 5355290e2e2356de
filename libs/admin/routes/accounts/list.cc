#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::accounts {

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  std::vector<AccountRow> rows;
  if (call.caller.is_operator()) {
    auto found = call.services.store.accounts(*page);
    if (!found) return Err{problem_of(found.error())};
    rows = std::move(*found);
  }
  for (const AccountRole& one : call.caller.accounts) {  // in order of id
    if (one.account.value() <= page->after || rows.size() == page->limit) continue;
    auto own = find_account(call.services.store, call.caller, one.account);
    if (!own) return Err{own.error()};
    rows.push_back(std::move(*own));
  }
  const More more = cut_page(rows, *page);
  boost::json::array items;
  for (const AccountRow& row : rows) items.emplace_back(view(row));
  return json_response(200,
                       boost::json::object{{"items", std::move(items)},
                                           {"next", next_of(call, more, rows.empty() ? 0 : rows.back().id.value())}});
}

}  // namespace keyfence::routes::accounts
