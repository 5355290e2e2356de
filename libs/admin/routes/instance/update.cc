#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/input.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::instance {
namespace {

constexpr std::int64_t kEntriesMaxMax = 10'000'000;

struct LimitsPatch {
  std::optional<std::int64_t> entries_max;
  std::optional<std::optional<std::int64_t>> floor_v4;
  std::optional<std::optional<std::int64_t>> floor_v6;

  void apply(ListLimits& limits) const {
    const auto floor = [](const std::optional<std::int64_t>& value) -> std::optional<int> {
      if (!value) return std::nullopt;
      return static_cast<int>(*value);
    };
    if (entries_max) limits.entries_max = static_cast<std::size_t>(*entries_max);
    if (floor_v4) limits.floor_v4 = floor(*floor_v4);
    if (floor_v6) limits.floor_v6 = floor(*floor_v6);
  }
};

LimitsPatch read_limits(ObjectReader& parent, std::string_view member, std::vector<FieldError>& errors) {
  LimitsPatch patch;
  const boost::json::value* value = parent.object(member);
  if (value == nullptr) return patch;
  ObjectReader reader(*value, parent.pointer_to(member), errors);
  patch.entries_max = reader.integer("entries_max", 1, kEntriesMaxMax);
  patch.floor_v4 = reader.nullable_integer("floor_v4", 0, 32);
  patch.floor_v6 = reader.nullable_integer("floor_v6", 0, 128);
  reader.finish();
  return patch;
}

}  // namespace

Answer update(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto error_style = reader.choice<ErrorStyle>("error_style", parse_error_style, kErrorStyles);
  const auto non_public_warnings = reader.boolean("non_public_warnings");
  LimitsPatch key;
  LimitsPatch account;
  LimitsPatch global;
  if (const boost::json::value* limits = reader.object("limits")) {
    ObjectReader levels(*limits, "/limits", errors);
    key = read_limits(levels, "key", errors);
    account = read_limits(levels, "account", errors);
    global = read_limits(levels, "global", errors);
    levels.finish();
  }
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};

  InstanceRow row;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto standing = change.tx.instance();
    if (!standing) return Err{problem_of(standing.error())};
    if (auto stale = refuse_stale(call.request, standing->changed)) return Err{std::move(*stale)};
    row = *standing;
    if (error_style) row.error_style = *error_style;
    if (non_public_warnings) {
      row.non_public_warnings = *non_public_warnings ? NonPublicWarnings::kOn : NonPublicWarnings::kOff;
    }
    key.apply(row.key_limits);
    account.apply(row.account_limits);
    global.apply(row.global_limits);
    change.audit("instance.update", "instance", std::nullopt, view(*standing), view(row));
    return checked(change.tx.update_instance(row));
  });
  if (!committed) return Err{committed.error()};
  HttpResponse response = json_response(200, view_after(row, *committed));
  response.headers.emplace_back("ETag", etag_after(*committed, row.changed));
  return response;
}

}  // namespace keyfence::routes::instance
