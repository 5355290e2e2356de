#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libs/policy/policy.h"

// The forms in which stores keep ranges and keys' policies.
namespace keyfence {

// A range as bytes, with one spelling.
//
// Shape    First and last address in network order, 4 bytes each for IPv4 and 16 for IPv6, or one of them where both
//          are the same: 4, 8, 16 or 32 bytes.
class PackedRange {
 public:
  explicit PackedRange(const IpRange& range) noexcept;
  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, 32> bytes_{};
  std::size_t size_ = 0;
};
// nullopt for bytes that PackedRange does not make.
[[nodiscard]] std::optional<IpRange> unpack_range(std::span<const std::uint8_t> bytes) noexcept;

// All of a KeyPolicy but its id, in few bytes.
//
// Shape    u8 form 1 · u64 account · 32 bytes digest · u8 state · u8 mode · u8 when_empty · u8 has expiry
//          [· u32 expires_at] · u8 scopes, each u8 length and bytes · u32 entries, each u64 id · u8 flags (1 enabled,
//          2 has expiry, the rest the length of the range) [· u32 expires_at] · the range as in PackedRange.
//          Integers are little-endian.
void pack_key_policy(const KeyPolicy& policy, std::vector<std::uint8_t>& out);
// Reads into a policy that may be used again and again, so that its vectors keep their room; its id is left alone.
// false for bytes that pack_key_policy() does not make; the policy is then in any state.
[[nodiscard]] bool unpack_key_policy(std::span<const std::uint8_t> packed, KeyPolicy& policy);

}  // namespace keyfence
