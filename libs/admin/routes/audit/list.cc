#include "libs/admin/routes/audit/filter.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::audit {

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  const auto filter = filter_of(call);
  if (!filter) return Err{filter.error()};
  auto rows = call.services.store.audit(*filter, *page);
  if (!rows) return Err{problem_of(rows.error())};
  const More more = cut_page(*rows, *page);
  boost::json::array items;
  for (const AuditRow& row : *rows) items.emplace_back(view(row));
  const auto next = next_of(call, more, rows->empty() ? 0 : rows->back().id);
  return json_response(200, boost::json::object{{"items", std::move(items)}, {"next", next}});
}

}  // namespace keyfence::routes::audit
