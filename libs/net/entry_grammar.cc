#include "libs/net/entry_grammar.h"

#include "libs/net/forwarded_node.h"

namespace keyfence {
namespace {

constexpr int kMappedPrefixBits = 96;

bool is_ipv6_text(std::string_view text) noexcept {
  return text.find(':') != std::string_view::npos;
}

ParsedEntry finished(const IpRange& range, EntryKind kind) {
  return ParsedEntry{range, kind, range.text()};
}

// A block is read only if the address is its first one: no host bit is set.
std::optional<ParsedEntry> read_block(const IpAddress& address, std::optional<int> prefix_length) {
  if (!prefix_length) return std::nullopt;
  const auto block = block_around(address, *prefix_length);
  if (!block || block->first() != address) return std::nullopt;
  return finished(*block, EntryKind::kCidr);
}

std::optional<ParsedEntry> read_cidr(std::string_view address_text, std::string_view length_text) {
  const auto address = IpAddress::parse(address_text);
  if (!address) return std::nullopt;
  if (is_ipv6_text(address_text)) {
    const auto length = read_small_number(length_text, 128);
    if (!length || !address->is_v4()) return read_block(*address, length);
    if (*length < kMappedPrefixBits) return std::nullopt;
    return read_block(*address, *length - kMappedPrefixBits);
  }
  if (length_text.find('.') == std::string_view::npos) return read_block(*address, read_small_number(length_text, 32));
  const auto mask = IpAddress::parse(length_text);
  if (!mask || is_ipv6_text(length_text)) return std::nullopt;
  return read_block(*address, netmask_length(mask->v4_number()));
}

std::optional<ParsedEntry> read_range(std::string_view first_text, std::string_view last_text) {
  const auto first = IpAddress::parse(first_text);
  if (!first) return std::nullopt;
  auto last = IpAddress::parse(last_text);
  if (!last && !is_ipv6_text(first_text)) {
    if (const auto octet = read_small_number(last_text, 255)) {
      last = IpAddress::v4((first->v4_number() & 0xFFFF'FF00) | static_cast<std::uint32_t>(*octet));
    }
  }
  if (!last) return std::nullopt;
  const auto range = IpRange::make(*first, *last);
  if (!range) return std::nullopt;
  return finished(*range, EntryKind::kRange);
}

}  // namespace

std::optional<int> read_small_number(std::string_view text, int max) noexcept {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  if (number > max) return std::nullopt;
  return number;
}

std::optional<int> netmask_length(std::uint32_t mask) noexcept {
  const std::uint32_t host = ~mask;
  if ((host & (host + 1)) != 0) return std::nullopt;
  int length = 32;
  for (std::uint32_t rest = host; rest != 0; rest >>= 1) --length;
  return length;
}

std::optional<IpRange> block_around(const IpAddress& address, int prefix_length) noexcept {
  if (address.is_v4()) {
    const std::uint32_t host = prefix_length == 0 ? ~std::uint32_t{0} : (std::uint32_t{1} << (32 - prefix_length)) - 1;
    return IpRange::make(IpAddress::v4(address.v4_number() & ~host), IpAddress::v4(address.v4_number() | host));
  }
  const uint128 host = prefix_length == 0 ? ~uint128{0} : (uint128{1} << (128 - prefix_length)) - 1;
  const IpAddress first = IpAddress::v6(address.number() & ~host);
  const IpAddress last = IpAddress::v6(address.number() | host);
  if (first.family() != address.family()) return std::nullopt;
  return IpRange::make(first, last);
}

std::optional<ParsedEntry> read_entry(std::string_view trimmed) {
  if (const std::size_t slash = trimmed.find('/'); slash != std::string_view::npos) {
    return read_cidr(trimmed.substr(0, slash), trimmed.substr(slash + 1));
  }
  if (const std::size_t dash = trimmed.find('-'); dash != std::string_view::npos) {
    return read_range(trim_blanks(trimmed.substr(0, dash)), trim_blanks(trimmed.substr(dash + 1)));
  }
  const auto address = IpAddress::parse(trimmed);
  if (!address) return std::nullopt;
  return finished(IpRange::single(*address), EntryKind::kAddress);
}

}  // namespace keyfence
