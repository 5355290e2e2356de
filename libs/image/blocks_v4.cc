#include "libs/image/blocks_v4.h"

#include <cstring>

#include "libs/image/checksum.h"
#include "libs/image/fetch_ahead.h"
#include "libs/image/toggle_block.h"

namespace keyfence::image {
namespace {

constexpr std::size_t kBlocks = 65536;
constexpr std::size_t kTableBytes = kBlocks * 4;

std::uint32_t read_entry(std::span<const Line> lines, std::uint32_t address) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, lines.data()->bytes.data() + std::size_t{address >> 16} * 4, 4);
  return value;
}

}  // namespace

bool pack_blocks_v4(std::span<const IntervalV4> intervals, PackedLines& out) {
  std::vector<std::uint32_t> table(kBlocks);
  BlockPacker packer;
  std::vector<std::uint16_t> toggles;
  std::size_t next = 0;
  for (std::uint32_t block = 0; block < kBlocks; ++block) {
    const std::uint64_t begin = std::uint64_t{block} << 16;
    const std::uint64_t end = begin + 65536;
    toggles.clear();
    bool final_state = false;
    for (; next < intervals.size() && intervals[next].first < end; ++next) {
      const IntervalV4& interval = intervals[next];
      if (interval.first > begin) toggles.push_back(static_cast<std::uint16_t>(interval.first - begin));
      final_state = std::uint64_t{interval.last} + 1 >= end;
      if (!final_state) toggles.push_back(static_cast<std::uint16_t>(interval.last + 1 - begin));
      if (std::uint64_t{interval.last} + 1 > end) break;  // goes on in the next block
    }
    table[block] = packer.pack(toggles, final_state);
    if (packer.is_too_large()) return false;
  }
  const std::size_t bytes = kTableBytes + packer.area().size();
  out.kind = SetKind::kBlocksV4;
  out.lines.assign((bytes + kLineBytes - 1) / kLineBytes, Line{});
  auto* to = out.lines.data()->bytes.data();
  std::memcpy(to, table.data(), kTableBytes);
  if (!packer.area().empty()) std::memcpy(to + kTableBytes, packer.area().data(), packer.area().size());
  out.crc = crc32c(to, out.lines.size() * kLineBytes, 0);
  return true;
}

Membership find_in_blocks_v4(std::span<const Line> lines, std::uint32_t address) noexcept {
  const std::size_t bytes = lines.size() * kLineBytes;
  if (bytes < kTableBytes) return Membership::kDamaged;
  const std::uint32_t value = read_entry(lines, address);
  return find_in_block(value, lines.data()->bytes.data() + kTableBytes, bytes - kTableBytes,
                       static_cast<std::uint16_t>(address));
}

void prefetch_blocks_v4(std::span<const Line> lines, std::uint32_t address) noexcept {
  if (lines.size() * kLineBytes < kTableBytes) return;
  const std::uint32_t value = read_entry(lines, address);
  const std::size_t at = kTableBytes + block_offset(value);
  if (block_kind(value) == kUniformBlock || at >= lines.size() * kLineBytes) return;
  const std::size_t within = block_kind(value) == kBitmapBlock ? (address & 0xFFFF) / 8 : 0;
  fetch_ahead(lines.data()->bytes.data() + at + within);
}

}  // namespace keyfence::image
