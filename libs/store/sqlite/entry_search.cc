#include <algorithm>
#include <array>

#include "libs/store/packed_policy.h"
#include "libs/store/sqlite/reads.h"

// Entries of a list found by where they lie, without reading the list.
namespace keyfence::sqlite {
namespace {

constexpr std::size_t kScanned = 10'000;  // of what begins within a range, until one also ends there
constexpr int kSpreadsOfV4 = 64;          // those of IPv6 follow

int bits_of(uint128 number) noexcept {
  int bits = 0;
  for (; number != 0; number >>= 1U) ++bits;
  return bits;
}

int bits_of(IpFamily family) noexcept {
  return family == IpFamily::kV4 ? 32 : 128;
}

uint128 ones(int bits) noexcept {
  return bits == 0 ? 0 : ~uint128{0} >> static_cast<unsigned>(128 - bits);
}

// A place in the order of packed ranges: before all that begin with this address, or after them.
class PackedPlace {
 public:
  [[nodiscard]] static PackedPlace before(IpFamily family, uint128 address) noexcept {
    return PackedPlace(family, address, 0);
  }
  [[nodiscard]] static PackedPlace after(IpFamily family, uint128 address) noexcept {
    return PackedPlace(family, address, 17);
  }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  // Behind its first address a packed range has 16 bytes at most.
  PackedPlace(IpFamily family, uint128 address, std::size_t filling) noexcept
      : size_(static_cast<std::size_t>(bits_of(family)) / 8 + filling) {
    bytes_.fill(0xFF);
    for (std::size_t i = size_ - filling; i-- > 0; address >>= 8U) bytes_[i] = static_cast<std::uint8_t>(address);
  }

  std::array<std::uint8_t, 33> bytes_{};
  std::size_t size_;
};

// The block of this length round a range's first address, if it holds the range and can be written.
std::optional<IpRange> block_round(const IpRange& range, int length) {
  const IpFamily family = range.family();
  const uint128 host = ones(bits_of(family) - length);
  const auto address = [&](uint128 number) {
    return family == IpFamily::kV4 ? IpAddress::v4(static_cast<std::uint32_t>(number)) : IpAddress::v6(number);
  };
  const uint128 first = range.first().number();
  const auto block = IpRange::make(address(first & ~host), address(first | host));
  return block && block->contains(range) ? block : std::nullopt;
}

}  // namespace

std::optional<int> spread_of(const IpRange& range) {
  if (range.prefix_length()) return std::nullopt;
  return bits_of(range.count_minus_one()) + (range.family() == IpFamily::kV4 ? 0 : kSpreadsOfV4);
}

template <class Use>
void Reads::for_each_holding(ListRef ref, const IpRange& range, Use use) {
  const IpFamily family = range.family();
  for (int length = bits_of(family); length >= 0; --length) {
    const auto block = block_round(range, length);
    if (!block) continue;
    if (auto row = entry_of_range(ref, *block)) use(std::move(*row));
  }
  const int least = bits_of(range.count_minus_one()) + (family == IpFamily::kV4 ? 0 : kSpreadsOfV4);
  const int most = family == IpFamily::kV4 ? 32 : kSpreadsOfV4 + 128;
  const PackedPlace end = PackedPlace::after(family, range.first().number());
  const auto next_spread = [&](int above) -> std::optional<int> {
    Rows rows = next_spread_.query(ref.layer, ref.owner, above);
    if (!rows.next()) return std::nullopt;
    return static_cast<int>(rows.integer(0));
  };
  for (auto spread = next_spread(least - 1); spread && *spread <= most; spread = next_spread(*spread)) {
    const uint128 reach = ones(*spread - (family == IpFamily::kV4 ? 0 : kSpreadsOfV4));
    const uint128 last = range.last().number();
    const PackedPlace begin = PackedPlace::before(family, last > reach ? last - reach : 0);
    Rows rows = entries_of_spread_.query(ref.layer, ref.owner, *spread, begin.bytes(), end.bytes());
    while (rows.next()) {
      EntryRow row = entry_of(rows);
      if (row.range.contains(range)) use(std::move(row));
    }
  }
}

std::vector<EntryRow> Reads::related_entries(ListRef ref, const IpRange& range) {
  std::vector<EntryRow> found;
  for_each_holding(ref, range, [&](EntryRow row) { found.push_back(std::move(row)); });
  // Packed ranges are in order of their first address; those of the other family stand between them.
  const PackedPlace begin = PackedPlace::before(range.family(), range.first().number());
  const PackedPlace end = PackedPlace::after(range.family(), range.last().number());
  Rows rows = entries_within_.query(ref.layer, ref.owner, begin.bytes(), end.bytes(), kScanned);
  while (rows.next()) {
    EntryRow row = entry_of(rows);
    if (row.range == range || !range.contains(row.range)) continue;
    found.push_back(std::move(row));
    break;
  }
  return found;
}

std::optional<EntryRow> Reads::best_match(ListRef ref, const IpAddress& address, UnixSeconds now) {
  std::optional<EntryRow> best;
  const auto size_and_age = [](const EntryRow& row) { return std::pair(row.range.count_minus_one(), row.id); };
  for_each_holding(ref, IpRange::single(address), [&](EntryRow row) {
    if (row.state != EntryState::kEnabled || (row.expires_at && now >= *row.expires_at)) return;
    if (!best || size_and_age(row) < size_and_age(*best)) best = std::move(row);
  });
  return best;
}

}  // namespace keyfence::sqlite
