#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::operators {

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  auto rows = call.services.store.operators(*page);
  if (!rows) return Err{problem_of(rows.error())};
  const More more = cut_page(*rows, *page);
  boost::json::array items;
  for (const PersonRow& row : *rows) items.emplace_back(view_operator(row));
  const auto next = next_of(call, more, rows->empty() ? 0 : rows->back().id.value());
  return json_response(200, boost::json::object{{"items", std::move(items)}, {"next", next}});
}

}  // namespace keyfence::routes::operators
