#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "libs/net/address_set.h"
#include "libs/net/ip_address.h"

namespace keyfence {

inline constexpr std::size_t kForwardedHopsMax = 32;

enum class ForwardedHeader : std::uint8_t {
  kXForwardedFor,  // comma-separated addresses, optional port and brackets
  kForwarded,      // RFC 7239, the for= parameter
  kSingleAddress,  // X-Real-IP and its kin: exactly one line with one address
};

enum class ClientAddressNote : std::uint8_t {
  kNone,
  kHeaderIgnored,    // the header came from a peer that is no trusted proxy
  kHeaderMalformed,  // a junk, empty, unknown or obfuscated element was met on the walk, or too many hops
};

struct ClientAddress {
  std::optional<IpAddress> address;  // nullopt: unknown, which is denied wherever a list would be consulted
  ClientAddressNote note = ClientAddressNote::kNone;
};

// Whose address a request came from: the peer's, unless the peer is a trusted proxy; then the first address from the
// right in the joined header lines that is not one. All trusted: the left-most. No header: the peer.
//
// Errors   None: what cannot be told is unknown, never the proxy's own address.
// Cost     Linear in the header; allocates nothing.
// Source   docs/client-address.md; RFC 7239.
[[nodiscard]] ClientAddress resolve_client_address(const IpAddress& peer, const AddressSet& trusted_proxies,
                                                   ForwardedHeader kind,
                                                   std::span<const std::string_view> header_lines) noexcept;

}  // namespace keyfence
