#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::tokens {

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  // The store pages over all tokens; an owner sees those of the account, so read on until the page is full.
  std::vector<TokenRow> rows;
  PageRequest read{.after = page->after, .limit = 1000};
  for (;;) {
    auto found = call.services.store.tokens(read);
    if (!found) return Err{problem_of(found.error())};
    const std::size_t count = found->size();
    if (count > 0) read.after = found->back().id.value();
    for (TokenRow& row : *found) {
      if (may_manage(call.caller, row) && rows.size() < page->limit) rows.push_back(std::move(row));
    }
    if (count < read.limit || rows.size() == page->limit) break;
  }
  const More more = cut_page(rows, *page);
  boost::json::array items;
  for (const TokenRow& row : rows) items.emplace_back(view(row));
  return json_response(200,
                       boost::json::object{{"items", std::move(items)},
                                           {"next", next_of(call, more, rows.empty() ? 0 : rows.back().id.value())}});
}

}  // namespace keyfence::routes::tokens
