#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/usage/usage_store.h"

namespace keyfence::usage_sqlite {

inline constexpr std::size_t kGroupsMax = 1'000'000;
struct TooManyGroups {};

// What a total is counted for: a number or an address, as bytes that are in its order; or nothing.
struct GroupKey {
  std::array<std::uint8_t, 16> bytes{};
  std::uint8_t size = 0;  // 0: nothing; 8: a number; 4 and 16: an address

  [[nodiscard]] static GroupKey of(std::int64_t number) noexcept;  // not negative
  [[nodiscard]] static GroupKey of(const std::optional<IpAddress>& address) noexcept;
  [[nodiscard]] std::int64_t number() const noexcept;
  friend constexpr auto operator<=>(const GroupKey&, const GroupKey&) noexcept = default;
};

// Totals of all groups of a summary. Groups are counted as bytes, and only those that are answered become text: a
// million groups take some 80 MB.
class GroupTotals {
 public:
  explicit GroupTotals(GroupBy group) noexcept : group_(group) {}

  struct Counts {
    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
    std::uint64_t would_deny = 0;
  };
  // Throws TooManyGroups beyond kGroupsMax. For kTime a key is the microsecond at which its bucket begins.
  void add(const GroupKey& key, const Counts& more);
  // The first buckets for kTime, the largest groups otherwise.
  [[nodiscard]] std::vector<UsageTotal> take(std::size_t limit) const;

 private:
  struct Hash {
    std::size_t operator()(const GroupKey& key) const noexcept {
      return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.bytes.data()), key.size});
    }
  };
  [[nodiscard]] std::string name_of(const GroupKey& key) const;

  GroupBy group_;
  std::unordered_map<GroupKey, Counts, Hash> counts_;
};

}  // namespace keyfence::usage_sqlite
