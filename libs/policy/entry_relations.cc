#include "libs/policy/entry_relations.h"

#include <algorithm>
#include <functional>

namespace keyfence {
namespace {

// By first address, the larger first: an entry comes after all that hold it.
bool precedes(const CandidateEntry* a, const CandidateEntry* b) noexcept {
  if (a->range.first() != b->range.first()) return a->range.first() < b->range.first();
  if (a->range.last() != b->range.last()) return b->range.last() < a->range.last();
  return std::less<>()(a, b);  // twins keep the order of their vector
}

// Eight bytes that order as the addresses do, but for IPv6 addresses that differ in their last 65 bits only.
std::uint64_t rough_key(const IpAddress& address) noexcept {
  if (address.is_v4()) return address.v4_number();
  return std::uint64_t{1} << 63 | static_cast<std::uint64_t>(address.number() >> 65);
}

// The first addresses of the added entries, searched by their rough keys: a quarter of the memory to miss in.
class SortedFirsts {
 public:
  explicit SortedFirsts(const std::vector<const CandidateEntry*>& order) {
    firsts_.reserve(order.size());
    keys_.reserve(order.size());
    for (const CandidateEntry* entry : order) {
      firsts_.push_back(entry->range.first());
      keys_.push_back(rough_key(entry->range.first()));
    }
  }
  [[nodiscard]] const IpAddress& operator[](std::size_t i) const noexcept { return firsts_[i]; }
  // The first place whose address is not before this one.
  [[nodiscard]] std::size_t lower_bound(const IpAddress& address) const noexcept {
    const std::uint64_t key = rough_key(address);
    const auto from = std::lower_bound(keys_.begin(), keys_.end(), key);
    const auto at = from - keys_.begin();
    if (address.is_v4() || from == keys_.end() || *from != key) return static_cast<std::size_t>(at);
    const auto to = std::upper_bound(from, keys_.end(), key);
    const auto found = std::lower_bound(firsts_.begin() + at, firsts_.begin() + (to - keys_.begin()), address);
    return static_cast<std::size_t>(found - firsts_.begin());
  }

 private:
  std::vector<IpAddress> firsts_;
  std::vector<std::uint64_t> keys_;
};

const CandidateEntry* ends_first(const CandidateEntry* a, const CandidateEntry* b) noexcept {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  return b->range.last() < a->range.last() ? b : a;
}

}  // namespace

EntryRelations::EntryRelations(const std::vector<CandidateEntry>& standing, const std::vector<CandidateEntry>& added)
    : standing_(standing), added_(added), twins_(added.size()), inners_(added.size()) {
  order_.reserve(added.size());
  for (const CandidateEntry& entry : added) order_.push_back(&entry);
  std::sort(order_.begin(), order_.end(), precedes);
  find_added_twins();
  if (!added.empty()) read_standing();
}

void EntryRelations::find_added_twins() {
  for (std::size_t i = 1; i < order_.size(); ++i) {
    if (order_[i]->range != order_[i - 1]->range) continue;
    const CandidateEntry* earlier = twins_[index_of(order_[i - 1])];
    twins_[index_of(order_[i])] = earlier != nullptr ? earlier : order_[i - 1];
  }
}

// One pass over what stands. With the added ones in order, `at` is the first that does not begin before the standing
// one, so those that may lie inside it are at..end, and those that may hold it are 0..at and what begins with it.
void EntryRelations::read_standing() {
  const std::size_t count = order_.size();
  const SortedFirsts firsts(order_);
  std::vector<IpAddress> earliest_ends(count, order_.back()->range.last());  // the least last address of at..end
  for (std::size_t i = count - 1; i-- > 0;) {
    earliest_ends[i] = std::min(order_[i]->range.last(), earliest_ends[i + 1]);
  }
  std::vector<const CandidateEntry*> inner_of_last_holder(count);  // of those whose last possible holder is this one

  for (const CandidateEntry& entry : standing_) {
    const IpRange& range = entry.range;
    const std::size_t at = firsts.lower_bound(range.first());
    if (at < count && earliest_ends[at] <= range.last()) standing_holders_.push_back(&entry);
    std::size_t possible_holders = at;
    if (at < count && firsts[at] == range.first()) {
      const auto not_beyond = [&range](const CandidateEntry* added) {
        return added->range.first() == range.first() && range.last() < added->range.last();
      };
      const auto from = order_.begin() + static_cast<std::ptrdiff_t>(at);
      const auto twin = std::partition_point(from, order_.end(), not_beyond);
      possible_holders = static_cast<std::size_t>(twin - order_.begin());
      for (; possible_holders < count && order_[possible_holders]->range == range; ++possible_holders) {
        const CandidateEntry*& known = twins_[index_of(order_[possible_holders])];
        if (!stands(known)) known = &entry;
      }
    }
    if (possible_holders == 0) continue;
    const CandidateEntry*& inner = inner_of_last_holder[possible_holders - 1];
    inner = ends_first(inner, &entry);
  }

  const CandidateEntry* inner = nullptr;
  for (std::size_t i = count; i-- > 0;) {
    inner = ends_first(inner, inner_of_last_holder[i]);
    if (inner != nullptr && order_[i]->range.contains(inner->range)) inners_[index_of(order_[i])] = inner;
  }
  std::sort(standing_holders_.begin(), standing_holders_.end(), precedes);
}

std::vector<const CandidateEntry*> EntryRelations::holders(const std::vector<std::uint8_t>& refused) const {
  std::vector<const CandidateEntry*> out(added_.size());
  // What has begun, each ending before the one below: whatever ends before a later one can hold nothing that the later
  // one does not hold too.
  std::vector<const CandidateEntry*> open;
  const auto push = [&open](const CandidateEntry* entry) {
    while (!open.empty() && open.back()->range.last() <= entry->range.last()) open.pop_back();
    open.push_back(entry);
  };
  std::size_t next_standing = 0;
  for (const CandidateEntry* entry : order_) {
    while (next_standing < standing_holders_.size() && precedes(standing_holders_[next_standing], entry)) {
      push(standing_holders_[next_standing++]);
    }
    const std::size_t index = index_of(entry);
    if (refused[index] != 0) continue;
    const auto ended = std::partition_point(open.begin(), open.end(), [entry](const CandidateEntry* holder) {
      return entry->range.last() <= holder->range.last();
    });
    if (ended != open.begin()) out[index] = *std::prev(ended);
    push(entry);
  }
  return out;
}

bool EntryRelations::stands(const CandidateEntry* entry) const noexcept {
  const std::less<> before;
  return entry != nullptr && !before(entry, standing_.data()) && before(entry, standing_.data() + standing_.size());
}

}  // namespace keyfence
