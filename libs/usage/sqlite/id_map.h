#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace keyfence::usage_sqlite {

// From ids, which are never 0, to what is known of each; it only grows until it is cleared.
// Cost     One line of memory for most look-ups, which is why it is no std::unordered_map: the drain asks it several
//          times for each record.
template <class Value>
class IdMap {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // nullptr: not in it. Until the next insert().
  [[nodiscard]] const Value* find(std::uint64_t id) const noexcept {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[place_of(id)];
    return slot.id == id ? &slot.value : nullptr;
  }

  // The id is new.
  void insert(std::uint64_t id, Value value) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    slots_[place_of(id)] = {id, std::move(value)};
    ++size_;
  }

  // Gives its memory back.
  void clear() noexcept {
    slots_ = std::vector<Slot>();
    size_ = 0;
  }

 private:
  struct Slot {
    std::uint64_t id = 0;  // 0: free
    Value value{};
  };
  static constexpr std::size_t kSlotsMin = 64;

  // Where an id is, or would be.
  [[nodiscard]] std::size_t place_of(std::uint64_t id) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t place = (id * 0x9E3779B97F4A7C15) >> shift_;
    while (slots_[place].id != 0 && slots_[place].id != id) place = (place + 1) & mask;
    return place;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? kSlotsMin : slots_.size() * 2);
    old.swap(slots_);
    shift_ = 64;
    for (std::size_t slots = slots_.size(); slots > 1; slots /= 2) --shift_;
    for (Slot& slot : old) {
      if (slot.id != 0) slots_[place_of(slot.id)] = std::move(slot);
    }
  }

  std::vector<Slot> slots_;  // a power of two
  int shift_ = 64;
  std::size_t size_ = 0;
};

}  // namespace keyfence::usage_sqlite
