#include "libs/admin/problem.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::accounts {
namespace {

AccountCondition condition_of(const AccountRow& row) noexcept {
  if (row.deletion) return AccountCondition::kDeleted;
  return row.state == AccountState::kActive ? AccountCondition::kActive : AccountCondition::kSuspended;
}

// The condition that the query asks for; nullopt: all.
Result<std::optional<AccountCondition>, Problem> wanted_condition(const Call& call) {
  const auto text = call.query.find("state");
  if (!text) return std::optional<AccountCondition>();
  if (text == "active") return std::optional(AccountCondition::kActive);
  if (text == "suspended") return std::optional(AccountCondition::kSuspended);
  if (text == "deleted") return std::optional(AccountCondition::kDeleted);
  return Err{invalid_parameter("state", "not_allowed", "must be active, suspended or deleted")};
}

}  // namespace

Answer list(Call& call) {
  const auto page = page_of(call);
  if (!page) return Err{page.error()};
  const auto wanted = wanted_condition(call);
  if (!wanted) return Err{wanted.error()};
  StoreReader& store = call.services.store;
  std::vector<AccountRow> rows;
  if (call.caller.is_operator()) {
    auto found = *wanted ? store.accounts_in(**wanted, *page) : store.accounts(*page);
    if (!found) return Err{problem_of(found.error())};
    rows = std::move(*found);
  }
  for (const AccountRole& one : call.caller.accounts) {  // in order of id
    if (one.account.value() <= page->after || rows.size() == page->limit) continue;
    auto own = find_account(store, call.caller, one.account);
    if (!own) return Err{own.error()};
    if (*wanted && condition_of(*own) != **wanted) continue;
    rows.push_back(std::move(*own));
  }
  const More more = cut_page(rows, *page);
  boost::json::array items;
  for (const AccountRow& row : rows) items.emplace_back(view(row));
  return json_response(200,
                       boost::json::object{{"items", std::move(items)},
                                           {"next", next_of(call, more, rows.empty() ? 0 : rows.back().id.value())}});
}

}  // namespace keyfence::routes::accounts
