#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/evidence.h"
#include "libs/admin/views.h"

namespace keyfence::routes::keys {

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  const auto account = find_account(call.services.store, call.caller, *id);
  if (!account) return Err{account.error()};
  auto rows = call.services.store.keys(*id, call.query.find("name").value_or(""), *page);
  if (!rows) return Err{problem_of(rows.error())};
  const More more = cut_page(*rows, *page);
  boost::json::array items;
  const auto evidence = usage::key_evidence(call, *rows);
  for (std::size_t i = 0; i < rows->size(); ++i) {
    boost::json::object key = view((*rows)[i]);
    key["evidence"] = evidence[i];
    items.emplace_back(std::move(key));
  }
  return json_response(200,
                       boost::json::object{{"items", std::move(items)},
                                           {"next", next_of(call, more, rows->empty() ? 0 : rows->back().id.value())}});
}

}  // namespace keyfence::routes::keys
