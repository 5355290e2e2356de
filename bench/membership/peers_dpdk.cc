// DPDK's forwarding tables asked for membership: every prefix has next hop 1, everything else 0.
#include <rte_eal.h>
#include <rte_fib.h>
#include <rte_fib6.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/common/report.h"
#include "bench/membership/contender.h"

// Without huge pages of the machine's own DPDK takes its memory from a memfd, which the kernel does not back with
// transparent huge pages; where there is no memfd it takes anonymous memory, which can have them like everybody
// else's. This stands before libc's function of that name.
extern "C" __attribute__((visibility("default"))) int memfd_create(const char*, unsigned) noexcept {
  errno = ENOSYS;
  return -1;
}

namespace keyfence::bench {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kFirstTableBytes = (std::size_t{1} << 24) * 4;  // both tables begin with one of 2^24 entries
constexpr std::size_t kNextTableBytes = 256 * 4;
constexpr std::size_t kNextTablesMax = 3'000'000;

// How many tables of 256 entries stand behind the first one: one for every block of 24, 32, 40 … bits that a longer
// prefix lies in.
std::size_t next_tables(const Table& table) {
  const int width = table.family == IpFamily::kV4 ? 32 : 128;
  std::size_t tables = 0;
  for (int bits = 24; bits < width; bits += 8) {
    uint128 last = ~uint128{0};
    for (const IpRange& prefix : table.prefixes) {  // sorted: equal blocks stand together
      if (prefix.prefix_length().value_or(0) <= bits) continue;
      const uint128 block = prefix.first().number() >> (width - bits);
      if (block != last) ++tables;
      last = block;
    }
  }
  return tables;
}

class FibV4 final : public Contender<V4> {
 public:
  FibV4(rte_fib* fib, std::size_t bytes) : fib_(fib), bytes_(bytes) {}
  ~FibV4() override { rte_fib_free(fib_); }
  [[nodiscard]] std::string name() const override { return "DPDK rte_fib"; }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

  [[nodiscard]] std::uint64_t dependent(std::span<const V4> addresses) const override {
    rte_fib_select_lookup(fib_, RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO);
    std::uint64_t hits = 0;
    std::uint64_t last = 0;
    for (const V4 address : addresses) {
      V4 asked = address ^ static_cast<V4>(last);
      rte_fib_lookup_bulk(fib_, &asked, &last, 1);
      hits += last;
    }
    return hits;
  }

  [[nodiscard]] std::uint64_t independent(std::span<const V4> addresses) const override {
    rte_fib_select_lookup(fib_, RTE_FIB_LOOKUP_DEFAULT);
    std::uint64_t hits = 0;
    std::array<std::uint64_t, kBatch> answers{};
    for (std::size_t i = 0; i < addresses.size(); i += kBatch) {
      const std::size_t n = std::min(kBatch, addresses.size() - i);
      std::array<V4, kBatch> asked{};
      std::copy_n(addresses.begin() + static_cast<std::ptrdiff_t>(i), n, asked.begin());
      rte_fib_lookup_bulk(fib_, asked.data(), answers.data(), static_cast<int>(n));
      for (std::size_t j = 0; j < n; ++j) hits += answers[j];
    }
    return hits;
  }

 private:
  rte_fib* fib_;
  std::size_t bytes_;
};

using Bytes16 = std::uint8_t[16];

void network_order(V6 address, Bytes16& bytes) {
  const std::uint64_t high = __builtin_bswap64(static_cast<std::uint64_t>(address >> 64));
  const std::uint64_t low = __builtin_bswap64(static_cast<std::uint64_t>(address));
  __builtin_memcpy(bytes, &high, 8);
  __builtin_memcpy(bytes + 8, &low, 8);
}

class FibV6 final : public Contender<V6> {
 public:
  FibV6(rte_fib6* fib, std::size_t bytes) : fib_(fib), bytes_(bytes) {}
  ~FibV6() override { rte_fib6_free(fib_); }
  [[nodiscard]] std::string name() const override { return "DPDK rte_fib6"; }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

  [[nodiscard]] std::uint64_t dependent(std::span<const V6> addresses) const override {
    rte_fib6_select_lookup(fib_, RTE_FIB6_LOOKUP_TRIE_SCALAR);
    std::uint64_t hits = 0;
    std::uint64_t last = 0;
    for (const V6 address : addresses) {
      Bytes16 asked[1];
      network_order(address ^ last, asked[0]);
      rte_fib6_lookup_bulk(fib_, asked, &last, 1);
      hits += last;
    }
    return hits;
  }

  [[nodiscard]] std::uint64_t independent(std::span<const V6> addresses) const override {
    rte_fib6_select_lookup(fib_, RTE_FIB6_LOOKUP_DEFAULT);
    std::uint64_t hits = 0;
    std::array<std::uint64_t, kBatch> answers{};
    Bytes16 asked[kBatch];
    for (std::size_t i = 0; i < addresses.size(); i += kBatch) {
      const std::size_t n = std::min(kBatch, addresses.size() - i);
      for (std::size_t j = 0; j < n; ++j) network_order(addresses[i + j], asked[j]);
      rte_fib6_lookup_bulk(fib_, asked, answers.data(), static_cast<int>(n));
      for (std::size_t j = 0; j < n; ++j) hits += answers[j];
    }
    return hits;
  }

 private:
  rte_fib6* fib_;
  std::size_t bytes_;
};

}  // namespace

void start_dpdk(std::size_t memory_mib, PageSize pages) {
  std::vector<std::string> arguments = {"bench",
                                        "--no-huge",
                                        "--no-pci",

                                        "--no-telemetry",
                                        "--log-level=error",
                                        "--lcores=0",
                                        "--no-shconf",
                                        "--force-max-simd-bitwidth=512",
                                        "-m",
                                        std::to_string(memory_mib)};
  std::vector<char*> argv;
  argv.reserve(arguments.size());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    std::fprintf(stderr, "DPDK does not start\n");
    std::exit(1);
  }
  if (pages == PageSize::kHuge) advise_huge_everywhere();
}

template <>
ContenderPtr<V4> dpdk_contender<V4>(const Table& table) {
  const std::size_t next = next_tables(table);
  rte_fib_conf conf{};
  conf.type = RTE_FIB_DIR24_8;
  conf.max_routes = static_cast<int>(table.prefixes.size() + 1);
  conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
  conf.dir24_8.num_tbl8 = static_cast<std::uint32_t>(next + 64);
  rte_fib* fib = rte_fib_create("v4", 0, &conf);
  if (fib == nullptr) return nullptr;
  auto contender = std::make_unique<FibV4>(fib, kFirstTableBytes + next * kNextTableBytes);
  for (const IpRange& prefix : table.prefixes) {
    const int length = prefix.prefix_length().value_or(32);
    if (rte_fib_add(fib, prefix.first().v4_number(), static_cast<std::uint8_t>(length), 1) != 0) return nullptr;
  }
  return contender;
}

template <>
ContenderPtr<V6> dpdk_contender<V6>(const Table& table) {
  const std::size_t next = next_tables(table);
  std::size_t reserved = 0;  // it counts the tables of each prefix by itself, though neighbours share them
  for (const IpRange& prefix : table.prefixes) {
    const int length = prefix.prefix_length().value_or(128);
    if (length > 24) reserved += static_cast<std::size_t>(length - 24 + 7) / 8;
  }
  if (reserved > kNextTablesMax) return nullptr;
  rte_fib6_conf conf{};
  conf.type = RTE_FIB6_TRIE;
  conf.max_routes = static_cast<int>(table.prefixes.size() + 1);
  conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
  conf.trie.num_tbl8 = static_cast<std::uint32_t>(reserved + 64);
  rte_fib6* fib = rte_fib6_create("v6", 0, &conf);
  if (fib == nullptr) return nullptr;
  auto contender = std::make_unique<FibV6>(fib, kFirstTableBytes + next * kNextTableBytes);
  for (const IpRange& prefix : table.prefixes) {
    Bytes16 bytes;
    network_order(prefix.first().number(), bytes);
    const int length = prefix.prefix_length().value_or(128);
    if (rte_fib6_add(fib, bytes, static_cast<std::uint8_t>(length), 1) != 0) return nullptr;
  }
  return contender;
}

}  // namespace keyfence::bench
