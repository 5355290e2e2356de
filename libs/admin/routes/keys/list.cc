#include "libs/admin/problem.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/evidence.h"
#include "libs/admin/views.h"

namespace keyfence::routes::keys {
namespace {

// Of the query; what it does not say is every key.
Result<KeyFilter, Problem> filter_of(const Call& call, AccountId account) {
  KeyFilter filter{.account = account,
                   .name_contains = std::string(call.query.find("name").value_or("")),
                   .now = to_seconds(call.now)};
  if (const auto state = call.query.find("state")) {
    if (state == "active") {
      filter.condition = KeyCondition::kActive;
    } else if (state == "disabled") {
      filter.condition = KeyCondition::kDisabled;
    } else if (state == "revoked") {
      filter.condition = KeyCondition::kRevoked;
    } else if (state == "expired") {
      filter.condition = KeyCondition::kExpired;
    } else {
      return Err{invalid_parameter("state", "not_allowed", "must be active, disabled, revoked or expired")};
    }
  }
  if (const auto restriction = call.query.find("restriction")) {
    if (restriction == "none") {
      filter.restriction = Restriction::kNone;
    } else if (restriction == "some") {
      filter.restriction = Restriction::kSome;
    } else {
      return Err{invalid_parameter("restriction", "not_allowed", "must be none or some")};
    }
  }
  return filter;
}

}  // namespace

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  const auto account = find_account(call.services.store, call.caller, *id);
  if (!account) return Err{account.error()};
  const auto filter = filter_of(call, *id);
  if (!filter) return Err{filter.error()};
  auto rows = call.services.store.listed_keys(*filter, *page);
  if (!rows) return Err{problem_of(rows.error())};
  const More more = cut_page(*rows, *page);
  std::vector<KeyRow> keys;
  keys.reserve(rows->size());
  for (ListedKey& row : *rows) keys.push_back(std::move(row.key));
  boost::json::array items;
  const auto evidence = usage::key_evidence(call, keys);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    boost::json::object key = view(keys[i]);
    key["allowlist"] = view_summary((*rows)[i].list);
    key["evidence"] = evidence[i];
    items.emplace_back(std::move(key));
  }
  return json_response(200,
                       boost::json::object{{"items", std::move(items)},
                                           {"next", next_of(call, more, keys.empty() ? 0 : keys.back().id.value())}});
}

}  // namespace keyfence::routes::keys
