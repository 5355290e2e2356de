// Forwarding headers: which trusted proxy passed a header on never changes whose address it tells, what stands left of
// the client never does either, and what cannot be told is unknown.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/assert.h"
#include "libs/net/client_address.h"

namespace {

using keyfence::AddressSet;
using keyfence::ClientAddress;
using keyfence::ClientAddressNote;
using keyfence::ForwardedHeader;
using keyfence::IpAddress;
using keyfence::IpRange;

AddressSet trusted_proxies() {
  keyfence::AddressSetBuilder builder;
  builder.add(*IpRange::make(*IpAddress::parse("10.0.0.0"), *IpAddress::parse("10.0.255.255")));
  builder.add(*IpRange::make(*IpAddress::parse("2001:db8::"), *IpAddress::parse("2001:db8::ffff")));
  return std::move(builder).build();
}

// The lines of the header, at most 64 of them, split at line feeds.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (lines.size() < 64) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool same(const ClientAddress& a, const ClientAddress& b) {
  return a.address == b.address && a.note == b.note;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const AddressSet kTrusted = trusted_proxies();
  static const std::array kProxies = {*IpAddress::parse("10.0.0.1"), *IpAddress::parse("2001:db8::1")};
  static const IpAddress kStranger = *IpAddress::parse("203.0.113.9");
  const auto kind = static_cast<ForwardedHeader>(data[0] % 3);
  std::vector<std::string_view> lines = lines_of(
      std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));  // bytes as the characters they are

  const ClientAddress client = resolve_client_address(kProxies[0], kTrusted, kind, lines);
  KF_ASSERT(client.address.has_value() == (client.note == ClientAddressNote::kNone));
  KF_ASSERT(client.note != ClientAddressNote::kHeaderIgnored);
  KF_ASSERT(same(client, resolve_client_address(kProxies[1], kTrusted, kind, lines)));

  const ClientAddress stranger = resolve_client_address(kStranger, kTrusted, kind, lines);
  KF_ASSERT(stranger.address == kStranger && stranger.note == ClientAddressNote::kHeaderIgnored);

  if (kind != ForwardedHeader::kSingleAddress && client.address && !kTrusted.contains(*client.address)) {
    lines.insert(lines.begin(), "junk, for=\"open");
    KF_ASSERT(same(client, resolve_client_address(kProxies[0], kTrusted, kind, lines)));
  }
  return 0;
}
