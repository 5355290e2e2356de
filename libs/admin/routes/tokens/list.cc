#include <algorithm>
#include <iterator>

#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::tokens {

namespace {

// A page of the tokens that the caller may manage, in order of id: all, or those of the accounts that they own.
StoreResult<std::vector<TokenRow>> managed_tokens(StoreReader& store, const Caller& caller, PageRequest page) {
  if (caller.is_operator()) return store.tokens(page);
  std::vector<TokenRow> rows;
  for (const AccountRole& one : caller.accounts) {
    if (one.role != Role::kOwner) continue;
    auto found = store.tokens_of_account(one.account, page);
    if (!found) return found;
    rows.insert(rows.end(), std::make_move_iterator(found->begin()), std::make_move_iterator(found->end()));
  }
  std::sort(rows.begin(), rows.end(), [](const TokenRow& a, const TokenRow& b) { return a.id < b.id; });
  if (rows.size() > page.limit) rows.resize(page.limit);
  return rows;
}

}  // namespace

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  auto found = managed_tokens(call.services.store, call.caller, *page);
  if (!found) return Err{problem_of(found.error())};
  std::vector<TokenRow>& rows = *found;
  const More more = cut_page(rows, *page);
  boost::json::array items;
  for (const TokenRow& row : rows) items.emplace_back(view(row));
  return json_response(200,
                       boost::json::object{{"items", std::move(items)},
                                           {"next", next_of(call, more, rows.empty() ? 0 : rows.back().id.value())}});
}

}  // namespace keyfence::routes::tokens
