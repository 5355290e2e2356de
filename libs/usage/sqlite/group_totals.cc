#include "libs/usage/sqlite/group_totals.h"

#include <algorithm>
#include <span>
#include <string>

namespace keyfence::usage_sqlite {

GroupKey GroupKey::of(std::int64_t number) noexcept {
  GroupKey key;
  key.size = sizeof number;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    key.bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * (sizeof number - 1 - i)));
  }
  return key;
}

GroupKey GroupKey::of(const std::optional<IpAddress>& address) noexcept {
  GroupKey key;
  if (!address) return key;
  const std::array<std::uint8_t, 16> bytes = address->bytes();
  key.size = address->is_v4() ? 4 : 16;
  std::copy(bytes.end() - key.size, bytes.end(), key.bytes.begin());
  return key;
}

std::int64_t GroupKey::number() const noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | bytes[i];
  return static_cast<std::int64_t>(number);
}

void GroupTotals::add(const GroupKey& key, const Counts& more) {
  auto known = counts_.find(key);
  if (known == counts_.end()) {
    if (counts_.size() >= kGroupsMax) throw TooManyGroups();
    known = counts_.emplace(key, Counts{}).first;
  }
  known->second.allowed += more.allowed;
  known->second.denied += more.denied;
  known->second.would_deny += more.would_deny;
}

std::vector<UsageTotal> GroupTotals::take(std::size_t limit) const {
  using Group = std::pair<const GroupKey, Counts>;
  std::vector<const Group*> groups;
  groups.reserve(counts_.size());
  for (const Group& group : counts_) groups.push_back(&group);
  const auto end = groups.begin() + static_cast<std::ptrdiff_t>(std::min(limit, groups.size()));
  const auto total = [this](const Group& group) {
    return group_ == GroupBy::kTime ? 0 : group.second.allowed + group.second.denied;
  };
  std::partial_sort(groups.begin(), end, groups.end(), [&](const Group* a, const Group* b) {
    return total(*a) != total(*b) ? total(*a) > total(*b) : a->first < b->first;
  });
  std::vector<UsageTotal> out;
  for (auto group = groups.begin(); group != end; ++group) {
    const auto& [key, counts] = **group;
    out.push_back({name_of(key), counts.allowed, counts.denied, counts.would_deny});
  }
  return out;
}

std::string GroupTotals::name_of(const GroupKey& key) const {
  if (key.size == 0) return {};
  switch (group_) {
    case GroupBy::kTime:
      return rfc3339(to_seconds(Timestamp{key.number()}));
    case GroupBy::kReason:
      return std::string(keyfence::name(static_cast<Reason>(key.number())));
    case GroupBy::kKey:
      return KeyId(static_cast<std::uint64_t>(key.number())).text();
    case GroupBy::kAddress:
      break;
    case GroupBy::kStatus:
      return std::to_string(key.number());
  }
  const auto address = IpAddress::from_bytes(std::span<const std::uint8_t>(key.bytes).first(key.size));
  return address ? address->text() : std::string();
}

}  // namespace keyfence::usage_sqlite
