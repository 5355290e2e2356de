#include <charconv>

#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::audit {
namespace {

std::optional<std::uint64_t> parse_line_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0 || number >> 63 != 0) return std::nullopt;
  return number;
}

}  // namespace

Answer list(Call& call) {
  const auto page = page_of(call, parse_line_number);
  if (!page) return Err{page.error()};
  // Lines of a deleted account stay readable for the operator: whether it still stands is not asked.
  const auto account = account_scope(call);
  if (!account) return Err{account.error()};
  auto rows = call.services.store.audit({.account = *account}, *page);
  if (!rows) return Err{problem_of(rows.error())};
  const bool more = cut_page(*rows, *page);
  boost::json::array items;
  for (const AuditRow& row : *rows) items.emplace_back(view(row));
  return json_response(
      200, boost::json::object{{"items", std::move(items)},
                               {"next", more ? boost::json::value(std::to_string(rows->back().id)) : nullptr}});
}

}  // namespace keyfence::routes::audit
