#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/uint128.h"

namespace keyfence {

enum class IpFamily : std::uint8_t { kV4 = 4, kV6 = 6 };

// One IPv4 or IPv6 address.
//
// Shape    128 bits in host order; IPv4 uses the low 32. An IPv4-mapped IPv6 address (::ffff:0:0/96) becomes its IPv4
//          address in every constructor, so an address has one spelling. Ordered by family, then by number.
// Errors   parse() is strict: whole text, dotted quad without leading zeros or RFC 4291 text, no zone, no brackets, no
//          port, no spaces.
// Threads  A value; freely copied and shared.
// Source   RFC 4291 section 2.2; RFC 5952 for text().
class IpAddress {
 public:
  [[nodiscard]] static constexpr IpAddress v4(std::uint32_t host_order) noexcept {
    return IpAddress(IpFamily::kV4, host_order);
  }
  [[nodiscard]] static constexpr IpAddress v6(uint128 host_order) noexcept {
    return (host_order >> 32) == 0xFFFF ? v4(static_cast<std::uint32_t>(host_order))
                                        : IpAddress(IpFamily::kV6, host_order);
  }
  // 4 or 16 bytes in network order, as in sockaddr_in and sockaddr_in6; any other length is nullopt.
  [[nodiscard]] static std::optional<IpAddress> from_bytes(std::span<const std::uint8_t> network_order) noexcept;
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr IpFamily family() const noexcept { return family_; }
  [[nodiscard]] constexpr bool is_v4() const noexcept { return family_ == IpFamily::kV4; }
  [[nodiscard]] constexpr uint128 number() const noexcept { return bits_; }
  [[nodiscard]] constexpr std::uint32_t v4_number() const noexcept { return static_cast<std::uint32_t>(bits_); }
  // 16 bytes in network order; IPv4 in its mapped form, so that the bytes of two addresses are equal only if they are.
  [[nodiscard]] std::array<std::uint8_t, 16> bytes() const noexcept;
  [[nodiscard]] std::string text() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) noexcept = default;

 private:
  constexpr IpAddress(IpFamily family, uint128 bits) noexcept : family_(family), bits_(bits) {}

  IpFamily family_;
  uint128 bits_;
};

// The address after or before this one in its family; nullopt at the end of the family. Steps over the numbers of
// ::ffff:0:0/96, which are no IPv6 addresses here: after ::fffe:ffff:ffff comes ::1:0:0:0.
[[nodiscard]] std::optional<IpAddress> next_address(const IpAddress& address) noexcept;
[[nodiscard]] std::optional<IpAddress> previous_address(const IpAddress& address) noexcept;

}  // namespace keyfence
