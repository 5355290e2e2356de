#include "bench/common/made_policy.h"

#include <algorithm>

#include "bench/common/tables.h"

namespace keyfence::bench {
namespace {

// A block of at most host_bits_max host bits inside another one, at a place that the random number chooses.
IpRange block_inside(const IpRange& outer, std::uint64_t chosen, unsigned host_bits_max) noexcept {
  const auto size = static_cast<std::uint64_t>(outer.count_minus_one()) + 1;
  unsigned host_bits = static_cast<unsigned>(chosen >> 56) % (host_bits_max + 1);
  while ((std::uint64_t{1} << host_bits) > size) --host_bits;
  const auto at = static_cast<std::uint32_t>((chosen & 0xFFFFFFFF) % size);
  const std::uint32_t host = (std::uint32_t{1} << host_bits) - 1;
  const std::uint32_t first = (outer.first().v4_number() + at) & ~host;
  return IpRange::make(IpAddress::v4(first), IpAddress::v4(first | host)).value_or(outer);
}

PolicyEntry entry(std::uint64_t id, const IpRange& range) {
  return PolicyEntry{EntryId(id), range, EntryState::kEnabled, std::nullopt};
}

}  // namespace

MadePolicy::MadePolicy(const PolicyShape& shape) : shape_(shape) {
  if (shape.global_entries > 0) {
    global_ = random_table("global", IpFamily::kV4, shape.global_entries, shape.seed).prefixes;
  }
}

std::uint64_t MadePolicy::accounts() const noexcept {
  return (shape_.keys + shape_.keys_per_account - 1) / shape_.keys_per_account;
}

InstancePolicy MadePolicy::instance() const {
  InstancePolicy instance;
  instance.allowlist.when_empty = WhenEmpty::kAllow;
  instance.allowlist.entries.reserve(global_.size());
  for (const IpRange& range : global_) {
    instance.allowlist.entries.push_back(entry(instance.allowlist.entries.size() + 1, range));
  }
  return instance;
}

AccountPolicy MadePolicy::account(std::uint64_t index) const {
  AccountPolicy account;
  account.id = account_id(index);
  account.state = AccountState::kActive;
  account.allowlist.when_empty = WhenEmpty::kAllow;
  for (std::size_t i = 0; i < shape_.account_entries; ++i) {
    const std::uint64_t id = shape_.global_entries + index * shape_.account_entries + i + 1;
    account.allowlist.entries.push_back(entry(id, account_entry(index, i)));
  }
  return account;
}

void MadePolicy::fill_key(std::uint64_t index, KeyPolicy& key) const {
  key.id = key_id(index);
  key.account = account_id(index / shape_.keys_per_account);
  key.digest = digest(index);
  key.state = KeyState::kActive;
  key.expires_at.reset();
  key.scopes.clear();
  key.allowlist.mode = ListMode::kEnforce;
  key.allowlist.when_empty = WhenEmpty::kDeny;
  key.allowlist.entries.clear();
  const std::size_t entries = key_entries(index);
  const std::uint64_t first_id = shape_.global_entries + accounts() * shape_.account_entries + 1;
  for (std::size_t i = 0; i < entries; ++i) {
    key.allowlist.entries.push_back(entry(first_id + index * shape_.key_entries_max + i, key_entry(index, i)));
  }
}

KeyDigest MadePolicy::digest(std::uint64_t index) const noexcept {
  KeyDigest digest;
  for (std::size_t word = 0; word < 4; ++word) {
    const std::uint64_t bits = mixed(mixed(shape_.seed * 4 + word) ^ index);
    for (std::size_t byte = 0; byte < 8; ++byte) {
      digest.bytes[word * 8 + byte] = static_cast<std::uint8_t>(bits >> (8 * byte));
    }
  }
  return digest;
}

std::size_t MadePolicy::key_entries(std::uint64_t index) const noexcept {
  const std::size_t choices = shape_.key_entries_max - shape_.key_entries_min + 1;
  return shape_.key_entries_min + mixed(shape_.seed ^ index << 8 ^ 0xE2) % choices;
}

IpRange MadePolicy::account_entry(std::uint64_t account, std::size_t entry) const noexcept {
  Random random(mixed(shape_.seed + 0xACC) ^ account << 20 ^ entry);
  if (global_.empty()) return random_prefix(IpFamily::kV4, random);
  const IpRange& outer = global_[random.below(global_.size())];
  return block_inside(outer, random.next(), 12);
}

IpRange MadePolicy::key_entry(std::uint64_t index, std::size_t entry) const noexcept {
  Random random(mixed(shape_.seed + 0xE47) ^ index << 6 ^ entry);
  const std::uint64_t chosen = random.next();
  if (shape_.account_entries > 0) {
    const IpRange outer = account_entry(index / shape_.keys_per_account, random.below(shape_.account_entries));
    return block_inside(outer, chosen, 4);
  }
  if (!global_.empty()) return block_inside(global_[random.below(global_.size())], chosen, 4);
  const IpRange all = IpRange::all(IpFamily::kV4);
  return block_inside(all, chosen ^ random.next() >> 8, 8);
}

IpAddress MadePolicy::admitted_address(std::uint64_t index, Random& random) const noexcept {
  return random_inside(key_entry(index, random.below(key_entries(index))), random);
}

}  // namespace keyfence::bench
