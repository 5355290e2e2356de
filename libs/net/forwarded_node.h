#pragma once

#include <optional>
#include <string_view>

#include "libs/net/ip_address.h"

namespace keyfence {

// Reads one element of a forwarding header: whose address does this hop name?
//
// Errors   nullopt for whatever is not exactly one address: junk, empty text, host names, `unknown`, obfuscated
//          identifiers. Neither throws nor allocates.
// Source   docs/client-address.md; RFC 7239 sections 4 and 6; RFC 9110 section 5.6.

// 192.0.2.1, 192.0.2.1:4711, 2001:db8::1, [2001:db8::1] or [2001:db8::1]:4711, spaces and tabs around it ignored.
[[nodiscard]] std::optional<IpAddress> parse_forwarded_address(std::string_view element) noexcept;

// The for= parameter of one forwarded-element: for="[2001:db8::1]:4711";proto=https
[[nodiscard]] std::optional<IpAddress> parse_forwarded_element(std::string_view element) noexcept;

// Spaces and tabs at both ends taken off.
[[nodiscard]] std::string_view trim_blanks(std::string_view text) noexcept;

}  // namespace keyfence
