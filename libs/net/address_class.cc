// classify(): the special-purpose blocks of RFC 6890 as kept by IANA, as far as a gateway on the internet never sees
// their addresses. Anycast, NAT64, 6to4 and Teredo blocks that are globally reachable count as public.
#include <array>
#include <cstdint>

#include "libs/net/entry_syntax.h"

namespace keyfence {
namespace {

struct Block {
  IpAddress first;
  int prefix_length;
  AddressClass address_class;
};

constexpr IpAddress quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  return IpAddress::v4(a << 24 | b << 16 | c << 8 | d);
}

// The first three groups of an IPv6 address; the others are zero.
constexpr IpAddress groups(std::uint32_t a, std::uint32_t b = 0, std::uint32_t c = 0) noexcept {
  return IpAddress::v6(uint128{a} << 112 | uint128{b} << 96 | uint128{c} << 80);
}

// More specific blocks stand before those that hold them.
constexpr std::array kBlocks = {
    Block{quad(0, 0, 0, 0), 32, AddressClass::kUnspecified},
    Block{quad(0, 0, 0, 0), 8, AddressClass::kReserved},  // this network
    Block{quad(10, 0, 0, 0), 8, AddressClass::kPrivate},
    Block{quad(100, 64, 0, 0), 10, AddressClass::kCgnat},
    Block{quad(127, 0, 0, 0), 8, AddressClass::kLoopback},
    Block{quad(169, 254, 0, 0), 16, AddressClass::kLinkLocal},
    Block{quad(172, 16, 0, 0), 12, AddressClass::kPrivate},
    Block{quad(192, 0, 0, 0), 24, AddressClass::kReserved},  // IETF protocol assignments
    Block{quad(192, 0, 2, 0), 24, AddressClass::kDocumentation},
    Block{quad(192, 168, 0, 0), 16, AddressClass::kPrivate},
    Block{quad(198, 18, 0, 0), 15, AddressClass::kReserved},  // benchmarking
    Block{quad(198, 51, 100, 0), 24, AddressClass::kDocumentation},
    Block{quad(203, 0, 113, 0), 24, AddressClass::kDocumentation},
    Block{quad(224, 0, 0, 0), 4, AddressClass::kMulticast},
    Block{quad(240, 0, 0, 0), 4, AddressClass::kReserved},
    Block{IpAddress::v6(0), 128, AddressClass::kUnspecified},
    Block{IpAddress::v6(1), 128, AddressClass::kLoopback},
    Block{groups(0x64, 0xFF9B, 1), 48, AddressClass::kReserved},  // NAT64 within a site
    Block{groups(0x100), 64, AddressClass::kReserved},            // discard-only
    Block{groups(0x2001, 2), 48, AddressClass::kReserved},        // benchmarking
    Block{groups(0x2001, 0x10), 28, AddressClass::kReserved},     // ORCHID, ended 2014
    Block{groups(0x2001, 0xDB8), 32, AddressClass::kDocumentation},
    Block{groups(0x3FFF), 20, AddressClass::kDocumentation},
    Block{groups(0x5F00), 16, AddressClass::kReserved},  // segment routing
    Block{groups(0xFC00), 7, AddressClass::kPrivate},    // unique local
    Block{groups(0xFE80), 10, AddressClass::kLinkLocal},
    Block{groups(0xFEC0), 10, AddressClass::kPrivate},  // site-local, ended 2004
    Block{groups(0xFF00), 8, AddressClass::kMulticast},
};

constexpr uint128 last_number(const Block& block) noexcept {
  const int host_bits = (block.first.is_v4() ? 32 : 128) - block.prefix_length;
  return block.first.number() | ((uint128{1} << host_bits) - 1);
}

}  // namespace

AddressClass classify(const IpRange& range) noexcept {
  for (const Block& block : kBlocks) {
    if (range.family() == block.first.family() && range.first() >= block.first &&
        range.last().number() <= last_number(block)) {
      return block.address_class;
    }
  }
  return AddressClass::kPublic;
}

std::string_view name(AddressClass address_class) noexcept {
  switch (address_class) {
    case AddressClass::kPublic:
      return "public";
    case AddressClass::kPrivate:
      return "private";
    case AddressClass::kLoopback:
      return "loopback";
    case AddressClass::kLinkLocal:
      return "link_local";
    case AddressClass::kCgnat:
      return "cgnat";
    case AddressClass::kDocumentation:
      return "documentation";
    case AddressClass::kMulticast:
      return "multicast";
    case AddressClass::kUnspecified:
      return "unspecified";
    case AddressClass::kReserved:
      return "reserved";
  }
  return "unknown";
}

}  // namespace keyfence
