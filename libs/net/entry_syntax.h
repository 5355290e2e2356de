#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/net/ip_range.h"

namespace keyfence {

inline constexpr std::size_t kEntryTextBytesMax = 128;

enum class EntryKind : std::uint8_t { kAddress, kCidr, kRange };

[[nodiscard]] std::string_view name(EntryKind kind) noexcept;  // "address", "cidr", "range"

// Why a text is no entry. The names are part of the API: see name().
enum class EntryErrorCode : std::uint8_t {
  kEmpty,
  kTooLong,
  kNotAscii,      // NUL, control characters and bytes above 0x7E
  kLeadingZero,   // 010.0.0.1
  kTooFewOctets,  // 10.12, 192.168.1/24
  kTooManyOctets,
  kEmptyPart,         // 1...2, 2001:db8:::1
  kOctetOutOfRange,   // 256.0.0.1
  kHostBitsSet,       // 10.0.0.5/24
  kZoneId,            // fe80::1%eth0
  kHostMask,          // 10.0.0.0/0.0.0.255
  kMaskWithHoles,     // 10.0.0.0/255.0.255.0
  kPrefixZeroPadded,  // 10.0.0.0/08
  kPrefixOutOfRange,  // 10.0.0.0/33
  kPrefixMalformed,   // 10.0.0.0/+8, /x, //8
  kWildcard,          // 10.0.0.*
  kRangeReversed,
  kRangeMixedFamilies,
  kRangeMalformed,  // 10.0.0.1-, a-b-c
  kPort,            // 10.0.0.1:80
  kBrackets,        // [::1]
  kHostName,        // example.com
  kMalformedIpv6,
  kMalformed,  // none of the above
};

[[nodiscard]] std::string_view name(EntryErrorCode code) noexcept;  // "leading_zero", ...

struct EntryError {
  EntryErrorCode code;
  std::string message;                   // one sentence for the person who typed the text
  std::vector<std::string> suggestions;  // texts that parse, best first; often empty
};

// What a typed text means.
struct ParsedEntry {
  IpRange range;
  EntryKind kind;
  std::string canonical;  // range.text()
};

// Reads one entry of an allowlist: address, CIDR, network/netmask, range, last-octet range. Spaces and tabs at both
// ends are ignored.
//
// Errors   Exactly one, the most helpful; see EntryErrorCode. Never throws.
// Cost     Linear in the text, which is refused beyond kEntryTextBytesMax.
// Source   docs/entry-syntax.md; RFC 4291 section 2.2, RFC 4632 section 3.1.
[[nodiscard]] Result<ParsedEntry, EntryError> parse_entry(std::string_view text);

// What is risky about an entry that is accepted.
enum class AddressClass : std::uint8_t {
  kPublic,
  kPrivate,
  kLoopback,
  kLinkLocal,
  kCgnat,
  kDocumentation,
  kMulticast,
  kUnspecified,
  kReserved
};

[[nodiscard]] std::string_view name(AddressClass address_class) noexcept;  // "private", ...
// The class that the whole range lies in; kPublic if it lies in no special block (RFC 6890).
[[nodiscard]] AddressClass classify(const IpRange& range) noexcept;

}  // namespace keyfence
