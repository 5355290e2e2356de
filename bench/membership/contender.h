#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/common/pages.h"
#include "bench/common/tables.h"
#include "libs/net/address_set.h"

namespace keyfence::bench {

// Addresses as the contenders take them: numbers in host order.
using V4 = std::uint32_t;
using V6 = uint128;

// A structure that tells whether it holds an address.
//
// Shape    dependent(): the lowest bit of each address is flipped if the last answer was yes, so that a look-up cannot
//          begin before the last one has ended. independent(): all at once, in batches where the structure has them.
//          Both answer how many of the addresses are held; contenders must agree.
template <class Address>
class Contender {
 public:
  virtual ~Contender() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::size_t bytes() const = 0;  // of what the look-ups read
  [[nodiscard]] virtual std::uint64_t dependent(std::span<const Address> addresses) const = 0;
  [[nodiscard]] virtual std::uint64_t independent(std::span<const Address> addresses) const = 0;
};

template <class Address>
using ContenderPtr = std::unique_ptr<Contender<Address>>;

// For structures whose look-up is `std::uint64_t find(Address) const`, 0 or 1.
template <class Address, class Self>
class SingleLookup : public Contender<Address> {
 public:
  [[nodiscard]] std::uint64_t dependent(std::span<const Address> addresses) const final {
    const Self& self = static_cast<const Self&>(*this);
    std::uint64_t hits = 0;
    std::uint64_t last = 0;
    for (const Address address : addresses) {
      last = self.find(address ^ static_cast<Address>(last));
      hits += last;
    }
    return hits;
  }
  [[nodiscard]] std::uint64_t independent(std::span<const Address> addresses) const override {
    const Self& self = static_cast<const Self&>(*this);
    std::uint64_t hits = 0;
    for (const Address address : addresses) hits += self.find(address);
    return hits;
  }
};

[[nodiscard]] inline IpAddress to_ip(V4 address) {
  return IpAddress::v4(address);
}
[[nodiscard]] inline IpAddress to_ip(V6 address) {
  return IpAddress::v6(address);
}
template <class Address>
[[nodiscard]] Address number(const IpAddress& address) {
  return static_cast<Address>(address.number());
}

// Ours: contenders_own.cc.
template <class Address>
[[nodiscard]] std::vector<ContenderPtr<Address>> own_contenders(const Table& table, const AddressSet& set);

// The libraries of others, where the build has them: peers_dpdk.cc, peers_maxminddb.cc.
void start_dpdk(std::size_t memory_mib, PageSize pages);
template <class Address>
[[nodiscard]] ContenderPtr<Address> dpdk_contender(const Table& table);  // null: it does not fit its memory
// Over ranges that are disjoint and sorted.
template <class Address>
[[nodiscard]] ContenderPtr<Address> maxminddb_contender(std::string name, std::span<const IpRange> ranges,
                                                        const std::filesystem::path& dir);

}  // namespace keyfence::bench
