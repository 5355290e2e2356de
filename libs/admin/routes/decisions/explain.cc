#include "libs/admin/routes/decisions/explain.h"

#include <algorithm>
#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/views.h"
#include "libs/policy/slow_policy.h"

namespace keyfence::routes::decisions {
namespace {

std::string_view verdict_name(const ListVerdict& verdict) noexcept {
  if (verdict.mode == ListMode::kOff) return "skipped";
  if (verdict.admits) return "admits";
  return verdict.mode == ListMode::kMonitor ? "would_deny" : "denies";
}

Result<boost::json::object, Problem> explain_list(const Call& call, ListRef ref,
                                                  const std::optional<IpAddress>& address, UnixSeconds now) {
  StoreReader& store = call.services.store;
  const auto list = store.list(ref);
  if (!list) return Err{problem_of(list.error())};
  const auto rows = all_entries(store, ref);
  if (!rows) return Err{rows.error()};
  Allowlist allowlist{.mode = list->mode, .when_empty = list->when_empty, .entries = {}};
  allowlist.entries.reserve(rows->size());
  for (const EntryRow& row : *rows) allowlist.entries.push_back({row.id, row.range, row.state, row.expires_at});

  const ListVerdict verdict = list_verdict(allowlist, address, now);
  boost::json::value matched = nullptr;
  const bool visible = call.caller.is_operator() || ref.layer != Layer::kGlobal;
  if (address && visible) {
    if (const PolicyEntry* entry = matching_entry(allowlist, *address, now)) {
      const auto row = std::find_if(rows->begin(), rows->end(), [&](const EntryRow& r) { return r.id == entry->id; });
      matched = view(*row);
    }
  }
  return boost::json::object{
      {"layer", name(ref.layer)},           {"mode", name(verdict.mode)}, {"when_empty", name(list->when_empty)},
      {"has_entries", verdict.has_entries}, {"admits", verdict.admits},   {"verdict", verdict_name(verdict)},
      {"entry", std::move(matched)}};
}

}  // namespace

Result<Explanation, Problem> explain(const Call& call, const KeyRow& key, const std::optional<IpAddress>& address,
                                     const std::vector<std::string>& required_scopes, UnixSeconds now) {
  Explanation explanation;
  for (const ListRef ref : {ListRef::global(), ListRef::of(key.account), ListRef::of(key.id)}) {
    auto layer = explain_list(call, ref, address, now);
    if (!layer) return Err{std::move(layer).error()};
    explanation.layers.emplace_back(std::move(*layer));
  }
  for (const std::string& scope : required_scopes) {
    if (!std::binary_search(key.scopes.begin(), key.scopes.end(), scope))
      explanation.missing_scopes.emplace_back(scope);
  }
  return explanation;
}

}  // namespace keyfence::routes::decisions
