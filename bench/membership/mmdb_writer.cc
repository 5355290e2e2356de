#include "bench/membership/mmdb_writer.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string_view>
#include <vector>

#include "libs/base/uint128.h"

namespace keyfence::bench {
namespace {

constexpr std::uint32_t kOutside = 0xFFFFFFFF;
constexpr std::uint32_t kInside = 0xFFFFFFFE;

struct Interval {
  uint128 first;
  uint128 last;
};

struct Node {
  std::uint32_t records[2];
};

class Tree {
 public:
  explicit Tree(int width) : width_(width) { nodes_.push_back({{kOutside, kOutside}}); }

  void build(std::span<const Interval> intervals) { split(0, 0, 0, intervals); }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }

 private:
  // What stands for the block of 2^(width - depth) addresses from base on.
  std::uint32_t record(uint128 base, int depth, std::span<const Interval> intervals) {
    const uint128 last = base | ((depth == 0 ? uint128{0} : uint128{1} << (width_ - depth)) - 1);
    while (!intervals.empty() && intervals.front().last < base) intervals = intervals.subspan(1);
    std::size_t count = 0;
    while (count < intervals.size() && intervals[count].first <= last) ++count;
    intervals = intervals.first(count);
    if (intervals.empty()) return kOutside;
    if (intervals.front().first <= base && last <= intervals.front().last) return kInside;
    const auto node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({{kOutside, kOutside}});
    split(node, base, depth, intervals);
    return node;
  }

  void split(std::uint32_t node, uint128 base, int depth, std::span<const Interval> intervals) {
    const uint128 middle = base | uint128{1} << (width_ - depth - 1);
    std::size_t left = 0;
    while (left < intervals.size() && intervals[left].first < middle) ++left;
    std::size_t right = left;
    while (right > 0 && intervals[right - 1].last >= middle) --right;
    const std::uint32_t low = record(base, depth + 1, intervals.first(left));
    const std::uint32_t high = record(middle, depth + 1, intervals.subspan(right));
    nodes_[node].records[0] = low;
    nodes_[node].records[1] = high;
  }

  int width_;
  std::vector<Node> nodes_;
};

void append_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

void append_text(std::string& out, std::string_view text) {  // up to 28 bytes
  out += static_cast<char>(2 << 5 | static_cast<int>(text.size()));
  out += text;
}

void append_uint16(std::string& out, std::string_view key, std::uint16_t value) {
  append_text(out, key);
  out += static_cast<char>(5 << 5 | 2);
  append_number(out, value, 2);
}

std::string metadata(std::size_t nodes, int record_bits, IpFamily family) {
  std::string out = "\xAB\xCD\xEFMaxMind.com";
  out += static_cast<char>(7 << 5 | 9);  // a map of nine
  append_text(out, "node_count");
  out += static_cast<char>(6 << 5 | 4);
  append_number(out, nodes, 4);
  append_uint16(out, "record_size", static_cast<std::uint16_t>(record_bits));
  append_uint16(out, "ip_version", family == IpFamily::kV4 ? 4 : 6);
  append_uint16(out, "binary_format_major_version", 2);
  append_uint16(out, "binary_format_minor_version", 0);
  append_text(out, "database_type");
  append_text(out, "Membership");
  append_text(out, "languages");
  append_number(out, 0x0004, 2);  // an empty array
  append_text(out, "build_epoch");
  append_number(out, 0x0102, 2);  // a uint64 of one byte
  append_number(out, 1, 1);
  append_text(out, "description");
  out += static_cast<char>(7 << 5);  // an empty map
  return out;
}

}  // namespace

std::size_t write_mmdb(std::span<const IpRange> ranges, IpFamily family, const std::string& path) {
  std::vector<Interval> intervals;
  for (const IpRange& range : ranges) {
    if (range.family() == family) intervals.push_back({range.first().number(), range.last().number()});
  }
  Tree tree(family == IpFamily::kV4 ? 32 : 128);
  tree.build(intervals);

  const std::size_t nodes = tree.nodes().size();
  const int record_bits = nodes + 16 < std::size_t{1} << 24 ? 24 : 32;
  std::string out;
  out.reserve(nodes * static_cast<std::size_t>(record_bits) / 4 + 256);
  for (const Node& node : tree.nodes()) {
    for (const std::uint32_t record : node.records) {
      const std::uint64_t value = record == kOutside ? nodes : record == kInside ? nodes + 16 : record;
      append_number(out, value, record_bits / 8);
    }
  }
  out.append(16, '\0');
  append_number(out, 0x0107, 2);  // the boolean true
  out += metadata(nodes, record_bits, family);

  std::ofstream file(path, std::ios::binary);
  file.write(out.data(), static_cast<std::streamsize>(out.size()));
  if (!file.flush()) {
    std::fprintf(stderr, "cannot write %s\n", path.c_str());
    std::exit(1);
  }
  return out.size();
}

}  // namespace keyfence::bench
