#include <boost/json/serialize.hpp>

#include "libs/admin/entries.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/evidence.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {
namespace {

void append_value(std::string& body, const boost::json::value& value) {
  body.append(value.is_null() ? "null" : boost::json::serialize(value));
}

}  // namespace

Answer get(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  StoreReader& store = call.services.store;
  const auto list = find_list_to_read(store, call);
  if (!list) return Err{list.error()};
  const auto instance = store.instance();
  if (!instance) return Err{problem_of(instance.error())};
  auto rows = store.entries(list->ref, *page);
  if (!rows) return Err{problem_of(rows.error())};

  const More more = cut_page(*rows, *page);
  const auto next = next_of(call, more, rows->empty() ? 0 : rows->back().id.value());
  const auto evidence = usage::entry_evidence(call, *rows);
  HttpResponse response{.status = 200, .content_type = "application/json", .body = {}, .headers = {}};
  std::string& body = response.body;
  body.reserve(512 + rows->size() * 320);
  append_members(body, *list);
  append_value(body.append(",\"limits\":"), view(limits_of(*instance, list->ref.layer)));
  append_value(body.append(",\"next\":"), next);
  body.append(",\"entries\":[");
  for (std::size_t i = 0; i < rows->size(); ++i) {
    if (i > 0) body += ',';
    append_members(body, (*rows)[i]);
    append_value(body.append(",\"evidence\":"), evidence[i]);
    body += '}';
  }
  body.append("]}");
  response.headers.emplace_back("ETag", etag(list->changed));
  return response;
}

}  // namespace keyfence::routes::allowlist
