#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <charconv>

#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/filter.h"

namespace keyfence::routes::usage {
namespace {

constexpr std::size_t kGroupsMax = 1000;
constexpr std::int64_t kBucketDefault = 3600;
constexpr std::int64_t kDaySeconds = 86'400;

struct NamedGroup {
  std::string_view name;
  GroupBy group;
};
constexpr std::array kGroups = {NamedGroup{"time", GroupBy::kTime}, NamedGroup{"reason", GroupBy::kReason},
                                NamedGroup{"key", GroupBy::kKey}, NamedGroup{"address", GroupBy::kAddress},
                                NamedGroup{"status", GroupBy::kStatus}};

}  // namespace

std::vector<std::string_view> summary_parameters() {
  std::vector<std::string_view> parameters = filter_parameters();
  parameters.insert(parameters.end(), {"group_by", "bucket_seconds"});
  return parameters;
}

Answer summary(Call& call) {
  const auto store = store_of(call);
  if (!store) return Err{store.error()};
  const auto filter = filter_of(call);
  if (!filter) return Err{filter.error()};
  GroupBy group = GroupBy::kTime;
  if (const auto text = call.query.find("group_by")) {
    const auto* const known =
        std::find_if(kGroups.begin(), kGroups.end(), [&](const NamedGroup& g) { return g.name == *text; });
    if (known == kGroups.end()) {
      return Err{invalid_parameter("group_by", "invalid_value", "expected time, reason, key, address or status")};
    }
    group = known->group;
  }
  std::int64_t bucket = kBucketDefault;
  if (const auto text = call.query.find("bucket_seconds")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bucket);
    if (error != std::errc() || end != text->data() + text->size() || bucket < 1 || kDaySeconds % bucket != 0) {
      return Err{invalid_parameter("bucket_seconds", "invalid_value", "expected a number that divides a day")};
    }
  }
  auto totals = (*store)->summary(*filter, group, std::chrono::seconds(bucket), kGroupsMax);
  if (!totals) return Err{problem_of(totals.error())};
  boost::json::array items;
  for (const UsageTotal& total : *totals) {
    items.emplace_back(boost::json::object{{"group", total.group},
                                           {"allowed", total.allowed},
                                           {"denied", total.denied},
                                           {"would_deny", total.would_deny}});
  }
  return json_response(200, boost::json::object{{"items", std::move(items)}});
}

}  // namespace keyfence::routes::usage
