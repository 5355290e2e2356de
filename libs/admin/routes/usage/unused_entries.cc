#include <boost/json/array.hpp>

#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/filter.h"
#include "libs/admin/views.h"

namespace keyfence::routes::usage {
namespace {

constexpr std::size_t kLimitDefault = 100;
constexpr std::size_t kLimitMax = 1000;
// More are not looked at for one answer.
constexpr std::size_t kEntriesReadMax = 20'000;
constexpr std::size_t kPage = 1000;

// Gathers the usable entries of an account that no request has hit, list by list.
class Search {
 public:
  Search(Call& call, UsageStore& usage, std::size_t limit)
      : store_(call.services.store), usage_(usage), limit_(limit), now_(to_seconds(call.now)) {}

  // The account's list, then its active keys', oldest first.
  [[nodiscard]] std::optional<Problem> run(AccountId account) {
    if (auto problem = look_through(ListRef::of(account))) return problem;
    PageRequest page{.after = 0, .limit = kPage};
    const KeyFilter filter{.account = account, .condition = KeyCondition::kActive, .now = now_};
    while (!is_done()) {
      const auto keys = store_.listed_keys(filter, page);
      if (!keys) return keyfence::problem_of(keys.error());
      for (const ListedKey& row : *keys) {
        if (row.list.entry_count == 0) continue;
        if (is_done()) break;
        if (auto problem = look_through(row.list.ref)) return problem;
      }
      if (keys->size() < page.limit) return std::nullopt;
      page.after = keys->back().key.id.value();
    }
    return std::nullopt;
  }

  [[nodiscard]] boost::json::object answer() { return {{"items", std::move(items_)}, {"complete", !is_cut_}}; }

 private:
  // Marks the answer as incomplete where the search ends early.
  [[nodiscard]] bool is_done() {
    if (items_.size() < limit_ && read_ < kEntriesReadMax) return false;
    is_cut_ = true;
    return true;
  }

  [[nodiscard]] std::optional<Problem> look_through(ListRef ref) {
    PageRequest page{.after = 0, .limit = kPage};
    while (!is_done()) {
      const auto rows = store_.entries(ref, page);
      if (!rows) {
        if (rows.error().code == StoreError::Code::kNotFound) return std::nullopt;  // deleted meanwhile
        return keyfence::problem_of(rows.error());
      }
      if (auto problem = keep_unused(ref, *rows)) return problem;
      if (rows->size() < page.limit) return std::nullopt;
      page.after = rows->back().id.value();
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Problem> keep_unused(ListRef ref, const std::vector<EntryRow>& rows) {
    std::vector<EntryId> ids;
    ids.reserve(rows.size());
    for (const EntryRow& row : rows) ids.push_back(row.id);
    const auto evidence = usage_.entry_evidence(ids);
    if (!evidence) return usage::problem_of(evidence.error());
    read_ += rows.size();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const bool is_usable =
          rows[i].state == EntryState::kEnabled && !(rows[i].expires_at && *rows[i].expires_at <= now_);
      if (!is_usable || ((*evidence)[i] && (*evidence)[i]->hits > 0)) continue;
      if (items_.size() == limit_) {
        is_cut_ = true;
        return std::nullopt;
      }
      boost::json::object entry = view(rows[i]);
      entry["evidence"] = nullptr;
      items_.emplace_back(
          boost::json::object{{"layer", name(ref.layer)}, {"owner_id", view_owner(ref)}, {"entry", std::move(entry)}});
    }
    return std::nullopt;
  }

  StoreReader& store_;
  UsageStore& usage_;
  std::size_t limit_;
  UnixSeconds now_;
  std::size_t read_ = 0;
  bool is_cut_ = false;
  boost::json::array items_;
};

}  // namespace

Answer unused_entries(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  const auto account = find_account(call.services.store, call.caller, *id);
  if (!account) return Err{account.error()};
  const auto usage = store_of(call);
  if (!usage) return Err{usage.error()};
  const auto limit = limit_of(call, kLimitDefault, kLimitMax);
  if (!limit) return Err{limit.error()};
  Search search(call, **usage, *limit);
  if (auto problem = search.run(*id)) return Err{*problem};
  return json_response(200, search.answer());
}

}  // namespace keyfence::routes::usage
