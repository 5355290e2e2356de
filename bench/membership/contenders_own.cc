#include <algorithm>

#include "bench/membership/contender.h"
#include "libs/image/packed_set.h"

namespace keyfence::bench {
namespace {

constexpr std::size_t kScanPrefixesMax = 100'000;  // a scan of more than this tells nothing new

// Every prefix compared in turn until one holds the address: what a list in a configuration file comes to.
template <class Address>
class LinearScan final : public SingleLookup<Address, LinearScan<Address>> {
 public:
  explicit LinearScan(const Table& table) {
    for (const IpRange& prefix : table.prefixes) {
      ranges_.push_back({number<Address>(prefix.first()), number<Address>(prefix.last())});
    }
  }
  [[nodiscard]] std::string name() const override { return "linear scan"; }
  [[nodiscard]] std::size_t bytes() const override { return ranges_.size() * sizeof(Range); }
  [[nodiscard]] std::uint64_t find(Address address) const {
    for (const Range& range : ranges_) {
      if (range.first <= address && address <= range.last) return 1;
    }
    return 0;
  }

 private:
  struct Range {
    Address first;
    Address last;
  };
  std::vector<Range> ranges_;
};

// What the policy image holds of a list.
template <class Address>
class Packed final : public SingleLookup<Address, Packed<Address>> {
 public:
  explicit Packed(const AddressSet& set) : set_(PackedSet::build(set)) {}
  [[nodiscard]] std::string name() const override { return "keyfence"; }
  [[nodiscard]] std::size_t bytes() const override { return set_.bytes(); }
  [[nodiscard]] std::uint64_t find(Address address) const { return set_.contains(to_ip(address)) ? 1 : 0; }

 private:
  PackedSet set_;
};

// The control plane's set: binary search over merged intervals.
template <class Address>
class BinarySearch final : public SingleLookup<Address, BinarySearch<Address>> {
 public:
  explicit BinarySearch(const AddressSet& set) : set_(set) {}
  [[nodiscard]] std::string name() const override { return "AddressSet"; }
  [[nodiscard]] std::size_t bytes() const override { return set_.ranges().size_bytes(); }
  [[nodiscard]] std::uint64_t find(Address address) const { return set_.contains(to_ip(address)) ? 1 : 0; }

 private:
  AddressSet set_;
};

}  // namespace

template <class Address>
std::vector<ContenderPtr<Address>> own_contenders(const Table& table, const AddressSet& set) {
  std::vector<ContenderPtr<Address>> contenders;
  contenders.push_back(std::make_unique<Packed<Address>>(set));
  contenders.push_back(std::make_unique<BinarySearch<Address>>(set));
  if (table.prefixes.size() <= kScanPrefixesMax) contenders.push_back(std::make_unique<LinearScan<Address>>(table));
  return contenders;
}

template std::vector<ContenderPtr<V4>> own_contenders(const Table&, const AddressSet&);
template std::vector<ContenderPtr<V6>> own_contenders(const Table&, const AddressSet&);

}  // namespace keyfence::bench
