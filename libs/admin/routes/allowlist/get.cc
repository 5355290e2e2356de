#include "libs/admin/entries.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/evidence.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {

Answer get(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  StoreReader& store = call.services.store;
  const auto target = find_list(store, call);
  if (!target) return Err{target.error()};
  const auto instance = store.instance();
  if (!instance) return Err{problem_of(instance.error())};
  auto rows = store.entries(target->list.ref, *page);
  if (!rows) return Err{problem_of(rows.error())};

  const More more = cut_page(*rows, *page);
  boost::json::object settings = view(target->list);
  settings["limits"] = view(limits_of(*instance, target->list.ref.layer));
  settings["next"] = next_of(call, more, rows->empty() ? 0 : rows->back().id.value());
  HttpResponse response = json_response(200, settings);
  std::string& body = response.body;
  body.back() = ',';  // instead of the brace that closes it
  body.reserve(body.size() + rows->size() * 320);
  body.append("\"entries\":[");
  const auto evidence = usage::entry_evidence(call, *rows);
  for (std::size_t i = 0; i < rows->size(); ++i) {
    if (i > 0) body += ',';
    append_view(body, (*rows)[i], evidence[i]);
  }
  body.append("]}");
  response.headers.emplace_back("ETag", etag(target->list.changed));
  return response;
}

}  // namespace keyfence::routes::allowlist
