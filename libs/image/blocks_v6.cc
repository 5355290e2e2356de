#include "libs/image/blocks_v6.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "libs/image/blocks_v4.h"
#include "libs/image/checksum.h"
#include "libs/image/fetch_ahead.h"
#include "libs/image/toggle_block.h"

namespace keyfence::image {
namespace {

constexpr std::size_t kTogglesInLine = 28;

struct alignas(kLineBytes) Head {
  std::uint32_t bucket_count;
  std::uint32_t coarse_line;  // blocks_v4 of whole /32s
  std::uint32_t coarse_lines;
  std::uint32_t area_line;  // of toggle blocks
  std::uint32_t area_lines;
  std::array<std::uint8_t, 44> zero;
};
static_assert(sizeof(Head) == kLineBytes);

struct TreePlace {
  std::uint32_t line;
  std::uint32_t lines;
  std::uint32_t kind;
};

// entry is 0 in an empty bucket. With kOtherBlock the bits of vectors say how many toggles stand in the line, less
// one, and the place is 1 if a TreePlace stands there instead.
struct alignas(kLineBytes) Bucket {
  std::uint32_t block;  // the upper 32 bits of its addresses
  std::uint32_t entry;
  std::array<std::uint16_t, kTogglesInLine> toggles;  // zeros where there are less
};
static_assert(sizeof(Bucket) == kLineBytes);

constexpr std::uint32_t upper(uint128 address) noexcept {
  return static_cast<std::uint32_t>(address >> 96);
}
constexpr std::uint16_t middle(uint128 address) noexcept {
  return static_cast<std::uint16_t>(address >> 80);
}

std::size_t home_bucket(std::uint32_t block, std::uint32_t bucket_count) noexcept {
  const std::uint32_t mixed = block * 0x9E3779B1U;
  return static_cast<std::size_t>((std::uint64_t{mixed} * bucket_count) >> 32);
}

// What a set holds of one /32 block, if that is neither nothing nor all.
struct PartialBlock {
  std::uint32_t block;
  std::vector<IntervalV6> intervals;
};

void split(std::span<const IntervalV6> intervals, std::vector<PartialBlock>& partial, std::vector<IntervalV4>& whole) {
  const auto add_partial = [&partial](std::uint32_t block, uint128 first, uint128 last) {
    if (partial.empty() || partial.back().block != block) partial.push_back({block, {}});
    partial.back().intervals.push_back({first, last});
  };
  constexpr uint128 kInside = (static_cast<uint128>(1) << 96) - 1;
  for (const IntervalV6& interval : intervals) {
    std::uint64_t begin = upper(interval.first);
    std::uint64_t end = std::uint64_t{upper(interval.last)} + 1;  // of the whole blocks
    const bool cut_first = (interval.first & kInside) != 0;
    const bool cut_last = (interval.last & kInside) != kInside;
    if (begin + 1 == end && (cut_first || cut_last)) {
      add_partial(static_cast<std::uint32_t>(begin), interval.first, interval.last);
      continue;
    }
    if (cut_first) {
      add_partial(static_cast<std::uint32_t>(begin), interval.first, interval.first | kInside);
      ++begin;
    }
    if (cut_last) --end;
    if (begin < end) whole.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - 1)});
    if (cut_last) add_partial(upper(interval.last), interval.last & ~kInside, interval.last);
  }
}

class Packer {
 public:
  explicit Packer(std::size_t blocks) : buckets_(blocks * 5 / 3 + 1, Bucket{}) {}

  void add(const PartialBlock& partial) {
    Bucket bucket{};
    bucket.block = partial.block;
    constexpr uint128 kFine = (static_cast<uint128>(1) << 80) - 1;
    constexpr uint128 kInside = (static_cast<uint128>(1) << 96) - 1;
    const bool fine = std::any_of(partial.intervals.begin(), partial.intervals.end(), [](const IntervalV6& interval) {
      return (interval.first & kFine) != 0 || (interval.last & kFine) != kFine;
    });
    if (fine) {
      const PackedLines tree = pack_tree(partial.intervals);
      const TreePlace place{static_cast<std::uint32_t>(trees_.size()), static_cast<std::uint32_t>(tree.lines.size()),
                            static_cast<std::uint32_t>(tree.kind)};
      std::memcpy(bucket.toggles.data(), &place, sizeof(place));
      trees_.insert(trees_.end(), tree.lines.begin(), tree.lines.end());
      bucket.entry = block_entry(kOtherBlock, false, 0, 1);
    } else {
      std::vector<std::uint16_t> toggles;
      bool final_state = false;
      for (const IntervalV6& interval : partial.intervals) {
        if (middle(interval.first) != 0) toggles.push_back(middle(interval.first));
        final_state = (interval.last & kInside) == kInside;
        if (!final_state) toggles.push_back(static_cast<std::uint16_t>(middle(interval.last) + 1));
      }
      if (toggles.size() <= kTogglesInLine) {
        std::copy(toggles.begin(), toggles.end(), bucket.toggles.begin());
        bucket.entry = block_entry(kOtherBlock, final_state, toggles.size(), 0);
      } else {
        bucket.entry = packer_.pack(toggles, final_state);
      }
    }
    std::size_t at = home_bucket(bucket.block, static_cast<std::uint32_t>(buckets_.size()));
    while (buckets_[at].entry != 0) at = at + 1 == buckets_.size() ? 0 : at + 1;
    buckets_[at] = bucket;
  }

  [[nodiscard]] bool finish(std::span<const IntervalV4> whole, PackedLines& out) {
    PackedLines coarse;
    if (packer_.is_too_large() || !pack_blocks_v4(whole, coarse)) return false;
    const std::size_t area_lines = (packer_.area().size() + kLineBytes - 1) / kLineBytes;
    Head head{};
    head.bucket_count = static_cast<std::uint32_t>(buckets_.size());
    head.coarse_line = 1 + head.bucket_count;
    head.coarse_lines = static_cast<std::uint32_t>(coarse.lines.size());
    head.area_line = head.coarse_line + head.coarse_lines;
    head.area_lines = static_cast<std::uint32_t>(area_lines);
    const std::size_t trees_line = head.area_line + area_lines;
    for (Bucket& bucket : buckets_) {
      if (block_kind(bucket.entry) != kOtherBlock || block_offset(bucket.entry) == 0) continue;
      TreePlace place;
      std::memcpy(&place, bucket.toggles.data(), sizeof(place));
      place.line += static_cast<std::uint32_t>(trees_line);
      std::memcpy(bucket.toggles.data(), &place, sizeof(place));
    }
    out.kind = SetKind::kBlocksV6;
    out.lines.assign(trees_line + trees_.size(), Line{});
    std::memcpy(out.lines.data(), &head, sizeof(head));
    std::memcpy(out.lines.data() + 1, buckets_.data(), buckets_.size() * kLineBytes);
    std::memcpy(out.lines.data() + head.coarse_line, coarse.lines.data(), coarse.lines.size() * kLineBytes);
    if (area_lines > 0) {
      std::memcpy(out.lines.data() + head.area_line, packer_.area().data(), packer_.area().size());
    }
    std::copy(trees_.begin(), trees_.end(), out.lines.begin() + static_cast<std::ptrdiff_t>(trees_line));
    out.crc = crc32c(out.lines.data(), out.lines.size() * kLineBytes, 0);
    return true;
  }

 private:
  std::vector<Bucket> buckets_;
  BlockPacker packer_;
  std::vector<Line> trees_;
};

const Head* head_of(std::span<const Line> lines) noexcept {
  if (lines.empty()) return nullptr;
  const auto* head = reinterpret_cast<const Head*>(lines.data());
  const std::uint64_t size = lines.size();
  const bool inside = head->bucket_count > 0 && std::uint64_t{head->bucket_count} + 1 <= size &&
                      std::uint64_t{head->coarse_line} + head->coarse_lines <= size &&
                      std::uint64_t{head->area_line} + head->area_lines <= size;
  return inside ? head : nullptr;
}

Membership find_in_bucket(const Bucket& bucket, const Head& head, std::span<const Line> lines,
                          uint128 address) noexcept {
  if (block_kind(bucket.entry) != kOtherBlock) {
    return find_in_block(bucket.entry, reinterpret_cast<const std::uint8_t*>(lines.data() + head.area_line),
                         std::size_t{head.area_lines} * kLineBytes, middle(address));
  }
  if (block_offset(bucket.entry) == 0) {
    const std::uint16_t x = middle(address);
    unsigned above = 0;
    for (const std::uint16_t toggle : bucket.toggles) above += toggle > x ? 1U : 0U;
    return static_cast<Membership>((block_state(bucket.entry) ^ above) & 1U);
  }
  TreePlace place;
  std::memcpy(&place, bucket.toggles.data(), sizeof(place));
  const auto kind = static_cast<SetKind>(place.kind);
  const bool is_tree = kind == SetKind::kTreeV6High || kind == SetKind::kTreeV6;
  if (!is_tree || std::uint64_t{place.line} + place.lines > lines.size()) return Membership::kDamaged;
  return find_v6(kind, lines.subspan(place.line, place.lines), address);
}

}  // namespace

bool pack_blocks_v6(std::span<const IntervalV6> intervals, PackedLines& out) {
  std::vector<PartialBlock> partial;
  std::vector<IntervalV4> whole;
  split(intervals, partial, whole);
  merge(whole);
  // A line for each block pays only where blocks hold several toggles.
  if (partial.size() > intervals.size() / 2) return false;
  Packer packer(partial.size());
  for (const PartialBlock& block : partial) packer.add(block);
  return packer.finish(whole, out);
}

Membership find_in_blocks_v6(std::span<const Line> lines, uint128 address) noexcept {
  const Head* head = head_of(lines);
  if (head == nullptr) return Membership::kDamaged;
  const std::uint32_t block = upper(address);
  const auto* buckets = reinterpret_cast<const Bucket*>(lines.data() + 1);
  std::size_t at = home_bucket(block, head->bucket_count);
  for (std::uint32_t probes = 0; probes < head->bucket_count; ++probes) {
    const Bucket& bucket = buckets[at];
    if (bucket.entry == 0) return find_in_blocks_v4(lines.subspan(head->coarse_line, head->coarse_lines), block);
    if (bucket.block == block) return find_in_bucket(bucket, *head, lines, address);
    at = at + 1 == head->bucket_count ? 0 : at + 1;
  }
  return Membership::kDamaged;
}

void prefetch_blocks_v6(std::span<const Line> lines, uint128 address) noexcept {
  const Head* head = head_of(lines);
  if (head == nullptr) return;
  const std::uint32_t block = upper(address);
  fetch_ahead(lines.data() + 1 + home_bucket(block, head->bucket_count));
  prefetch_blocks_v4(lines.subspan(head->coarse_line, head->coarse_lines), block);
}

}  // namespace keyfence::image
