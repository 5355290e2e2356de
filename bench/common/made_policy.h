#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/common/random.h"
#include "libs/policy/policy.h"

namespace keyfence::bench {

struct PolicyShape {
  std::uint64_t keys = 0;
  std::size_t key_entries_min = 1;
  std::size_t key_entries_max = 20;
  std::size_t account_entries = 0;  // in each account's list; 0: no list
  std::size_t global_entries = 0;
  std::uint64_t keys_per_account = 1000;
  std::uint64_t seed = 1;
};

// A policy made from a seed: every part of it can be asked for at any time, in any order, and comes out the same.
//
// Shape    IPv4 throughout. A key's entries lie inside entries of its account's list, and those inside entries of the
//          global one, where there are such lists: every address of a key's list is admitted by all three.
// Cost     fill_key() takes some microseconds and, in an object that is used again, allocates nothing.
class MadePolicy {
 public:
  explicit MadePolicy(const PolicyShape& shape);

  [[nodiscard]] const PolicyShape& shape() const noexcept { return shape_; }
  [[nodiscard]] std::uint64_t accounts() const noexcept;
  [[nodiscard]] InstancePolicy instance() const;
  [[nodiscard]] AccountPolicy account(std::uint64_t index) const;
  void fill_key(std::uint64_t index, KeyPolicy& key) const;

  [[nodiscard]] KeyDigest digest(std::uint64_t index) const noexcept;
  [[nodiscard]] std::size_t key_entries(std::uint64_t index) const noexcept;
  [[nodiscard]] IpRange key_entry(std::uint64_t index, std::size_t entry) const noexcept;
  // An address of one of the key's entries.
  [[nodiscard]] IpAddress admitted_address(std::uint64_t index, Random& random) const noexcept;

  [[nodiscard]] static KeyId key_id(std::uint64_t index) noexcept { return KeyId(index + 1); }
  [[nodiscard]] static AccountId account_id(std::uint64_t index) noexcept { return AccountId(index + 1); }

 private:
  [[nodiscard]] IpRange account_entry(std::uint64_t account, std::size_t entry) const noexcept;

  PolicyShape shape_;
  std::vector<IpRange> global_;
};

}  // namespace keyfence::bench
