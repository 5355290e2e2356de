#include "libs/admin/routes/decisions/explain.h"

#include <algorithm>
#include <utility>

#include "libs/admin/views.h"
#include "libs/policy/decide.h"

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
  std::optional<EntryRow> entry;
  if (address && list->entry_count > 0) {
    auto found = store.best_match(ref, *address, now);
    if (!found) return Err{problem_of(found.error())};
    entry = std::move(*found);
  }
  const bool has_entries = list->entry_count > 0;
  const ListVerdict verdict{.mode = list->mode,
                            .has_entries = has_entries,
                            .admits = has_entries ? entry.has_value() : list->when_empty == WhenEmpty::kAllow};
  const bool visible = call.caller.is_operator() || ref.layer != Layer::kGlobal;
  boost::json::value matched = nullptr;
  if (entry && visible) matched = view(*entry);
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
