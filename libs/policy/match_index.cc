#include "libs/policy/match_index.h"

#include <algorithm>
#include <set>

namespace keyfence {

bool is_better_match(const PolicyEntry& a, const PolicyEntry& b) noexcept {
  const uint128 a_size = a.range.count_minus_one();
  const uint128 b_size = b.range.count_minus_one();
  return a_size != b_size ? a_size < b_size : a.id < b.id;
}

MatchIndex::MatchIndex(std::span<const PolicyEntry> entries) {
  for (const PolicyEntry& entry : entries) {
    if (entry.state != EntryState::kEnabled) continue;
    (entry.expires_at ? expiring_ : permanent_).push_back(entry);
  }
  // Best first, so that a smaller index is a better match.
  std::sort(permanent_.begin(), permanent_.end(), is_better_match);

  // A sweep over the places where entries begin and end; between two of them the best of the open ones counts.
  struct Edge {
    IpAddress at;
    std::size_t entry;
    bool opens;
  };
  std::vector<Edge> edges;
  edges.reserve(permanent_.size() * 2);
  for (std::size_t i = 0; i < permanent_.size(); ++i) {
    edges.push_back({permanent_[i].range.first(), i, true});
    if (const auto after = next_address(permanent_[i].range.last())) edges.push_back({*after, i, false});
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.at < b.at; });
  std::set<std::size_t> open;
  for (std::size_t i = 0; i < edges.size();) {
    const IpAddress at = edges[i].at;
    for (; i < edges.size() && edges[i].at == at; ++i) {
      if (edges[i].opens) {
        open.insert(edges[i].entry);
      } else {
        open.erase(edges[i].entry);
      }
    }
    // What runs to the end of its family has no closing edge.
    std::erase_if(open, [&](std::size_t entry) { return permanent_[entry].range.family() != at.family(); });
    if (open.empty()) continue;
    const bool same_family = i < edges.size() && edges[i].at.family() == at.family();
    const IpAddress last = same_family ? *previous_address(edges[i].at) : IpRange::all(at.family()).last();
    segments_.push_back({*IpRange::make(at, last), *open.begin()});
  }
}

std::optional<EntryId> MatchIndex::best_match(const IpAddress& address, UnixSeconds now) const noexcept {
  const PolicyEntry* best = nullptr;
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), address,
                                      [](const IpAddress& a, const Segment& s) { return a < s.range.first(); });
  if (after != segments_.begin() && std::prev(after)->range.contains(address))
    best = &permanent_[std::prev(after)->entry];
  for (const PolicyEntry& entry : expiring_) {
    if (entry.usable(now) && entry.range.contains(address) && (best == nullptr || is_better_match(entry, *best))) {
      best = &entry;
    }
  }
  if (best == nullptr) return std::nullopt;
  return best->id;
}

}  // namespace keyfence
