#include <boost/json/array.hpp>
#include <charconv>

#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/filter.h"

namespace keyfence::routes::usage {
namespace {

constexpr std::size_t kLimitDefault = 100;
constexpr std::size_t kLimitMax = 1000;

// "20510-123456": day and id of the last record of the page before. Not a secret: whatever it says, the filter holds.
std::optional<UsageCursor> parse_cursor(std::string_view text) noexcept {
  UsageCursor cursor;
  const char* const end = text.data() + text.size();
  const auto day = std::from_chars(text.data(), end, cursor.day);
  if (day.ec != std::errc() || day.ptr == end || *day.ptr != '-') return std::nullopt;
  const auto id = std::from_chars(day.ptr + 1, end, cursor.id);
  if (id.ec != std::errc() || id.ptr != end || cursor.id >> 63 != 0) return std::nullopt;
  return cursor;
}

}  // namespace

std::vector<std::string_view> list_parameters() {
  std::vector<std::string_view> parameters = filter_parameters();
  parameters.insert(parameters.end(), {"before", "limit"});
  return parameters;
}

Answer list(Call& call) {
  const auto store = store_of(call);
  if (!store) return Err{store.error()};
  const auto filter = filter_of(call);
  if (!filter) return Err{filter.error()};
  const auto limit = limit_of(call, kLimitDefault, kLimitMax);
  if (!limit) return Err{limit.error()};
  std::optional<UsageCursor> before;
  if (const auto text = call.query.find("before")) {
    before = parse_cursor(*text);
    if (!before) return Err{invalid_parameter("before", "invalid_value", "expected next of the page before")};
  }

  boost::json::array items;
  UsageCursor last;
  bool more = false;
  const auto done = (*store)->query(*filter, before, *limit + 1, [&](const StoredRecord& record) {
    if (items.size() == *limit) {
      more = true;
      return false;
    }
    items.emplace_back(view(record));
    last = {record.day, record.id};
    return true;
  });
  if (!done) return Err{problem_of(done.error())};
  boost::json::value next = nullptr;
  if (more) next = std::to_string(last.day) + "-" + std::to_string(last.id);
  return json_response(200, boost::json::object{{"items", std::move(items)}, {"next", std::move(next)}});
}

}  // namespace keyfence::routes::usage
