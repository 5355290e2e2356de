#include <charconv>

#include "libs/admin/history/list_difference.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {
namespace {

std::optional<std::uint64_t> parse_revision(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number >> 63 != 0) return std::nullopt;
  return number;
}

Result<Revision, Problem> revision_of(const Call& call, std::string_view parameter) {
  const auto text = call.query.find(parameter);
  if (!text) return Err{invalid_parameter(std::string(parameter), "missing", "is required")};
  const auto number = parse_revision(*text);
  if (!number) return Err{invalid_parameter(std::string(parameter), "not_a_revision", "must be a revision")};
  return Revision{*number};
}

}  // namespace

Answer history(Call& call) {
  const auto target = find_list(call.services.store, call);
  if (!target) return Err{target.error()};
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  auto rows = call.services.store.list_revisions(target->list.ref, *page);
  if (!rows) return Err{problem_of(rows.error())};
  const More more = cut_page(*rows, *page);
  boost::json::array items;
  for (const ListRevisionRow& row : *rows) items.emplace_back(view(row));
  const auto next = next_of(call, more, rows->empty() ? 0 : rows->back().list.changed.value);
  return json_response(200, boost::json::object{{"items", std::move(items)}, {"next", next}});
}

Answer past(Call& call) {
  const auto target = find_list(call.services.store, call);
  if (!target) return Err{target.error()};
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  const auto number = parse_revision(call.path_parameter("revision"));
  if (!number) return Err{not_found()};
  const Revision revision{*number};
  const auto standing = list_as_of(call.services.store, target->list.ref, revision, EntriesRead::kNone);
  if (!standing) return Err{standing.error()};
  auto rows = call.services.store.entries_at(target->list.ref, revision, *page);
  if (!rows) return Err{problem_of(rows.error())};
  const More more = cut_page(*rows, *page);
  boost::json::array entries;
  for (const EntryRow& row : *rows) entries.emplace_back(view(row));
  boost::json::object body = view(standing->row);
  body["entries"] = std::move(entries);
  body["next"] = next_of(call, more, rows->empty() ? 0 : rows->back().id.value());
  return json_response(200, body);
}

Answer difference(Call& call) {
  const auto target = find_list(call.services.store, call);
  if (!target) return Err{target.error()};
  const auto from = revision_of(call, "from");
  if (!from) return Err{from.error()};
  Revision to = target->list.changed;
  if (call.query.find("to")) {
    const auto wanted = revision_of(call, "to");
    if (!wanted) return Err{wanted.error()};
    to = *wanted;
  }
  const auto before = list_as_of(call.services.store, target->list.ref, *from, EntriesRead::kAll);
  if (!before) return Err{before.error()};
  const auto after = list_as_of(call.services.store, target->list.ref, to, EntriesRead::kAll);
  if (!after) return Err{after.error()};
  return json_response(200, view_difference(*before, *after));
}

}  // namespace keyfence::routes::allowlist
