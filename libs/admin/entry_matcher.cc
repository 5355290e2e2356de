#include "libs/admin/entry_matcher.h"

#include <algorithm>
#include <vector>

namespace keyfence {
namespace {

constexpr std::size_t kListsMax = 200'000;          // beyond it all are forgotten and read again as they are needed
constexpr std::int64_t kLookEveryMicros = 100'000;  // evidence may be attributed by lists this much older
constexpr std::int64_t kLongListStandsMicros = 1'000'000;
constexpr std::size_t kPageEntries = 10'000;

}  // namespace

MatchedEntries EntryMatcher::match(const UsageRecord& record) {
  if (!record.address || record.decision.key.value() == 0) return {};
  const Timestamp now = clock_.now();
  const bool decided_by_newer = policy_ < record.decision.revision;
  if (decided_by_newer || now.micros - looked_at_.micros > kLookEveryMicros || now < looked_at_) {
    if (const auto revision = store_.revision()) policy_ = *revision;
    looked_at_ = clock_.now();
  }
  const UnixSeconds at = to_seconds(record.at);
  return {.global = match(ListRef::global(), *record.address, at),
          .account = match(ListRef::of(record.decision.account), *record.address, at),
          .key = match(ListRef::of(record.decision.key), *record.address, at)};
}

EntryId EntryMatcher::match(ListRef ref, const IpAddress& address, UnixSeconds at) {
  const MatchIndex* const index = index_of(ref);
  return index == nullptr ? EntryId() : index->best_match(address, at).value_or(EntryId());
}

const MatchIndex* EntryMatcher::index_of(ListRef ref) {
  if (lists_.size() >= kListsMax && !lists_.contains(ref)) lists_.clear();
  const auto [place, is_new] = lists_.try_emplace(ref);
  Known& known = place->second;
  if (!is_new && known.checked_against == policy_) return &known.index;
  if (!is_new && clock_.now() < known.stands_until) return &known.index;
  const auto list = store_.list(ref);
  if (!list) {
    lists_.erase(place);
    return nullptr;
  }
  known.checked_against = policy_;
  if (!is_new && known.list_changed == list->changed) return &known.index;
  if (!read(ref, known)) {
    lists_.erase(place);
    return nullptr;
  }
  known.list_changed = list->changed;
  return &known.index;
}

bool EntryMatcher::read(ListRef ref, Known& known) {
  const Timestamp begin = clock_.now();
  std::vector<PolicyEntry> entries;
  PageRequest page{.after = 0, .limit = kPageEntries};
  for (;;) {
    const auto rows = store_.entries(ref, page);
    if (!rows) return false;
    for (const EntryRow& row : *rows) entries.push_back({row.id, row.range, row.state, row.expires_at});
    if (rows->size() < page.limit) break;
    page.after = rows->back().id.value();
  }
  known.index = MatchIndex(entries);
  const Timestamp end = clock_.now();
  if (entries.size() >= kLongList) {
    known.stands_until = {end.micros + std::max(kPauses * (end.micros - begin.micros), kLongListStandsMicros)};
  }
  return true;
}

}  // namespace keyfence
