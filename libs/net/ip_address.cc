#include "libs/net/ip_address.h"

#include <cstddef>

namespace keyfence {
namespace {

constexpr std::size_t kGroups = 8;
constexpr uint128 kMappedFirst = uint128{0xFFFF} << 32;
constexpr uint128 kMappedLast = kMappedFirst | 0xFFFF'FFFF;

std::optional<std::uint32_t> parse_dotted_quad(std::string_view text) noexcept {
  std::uint32_t number = 0;
  std::size_t i = 0;
  for (int octet_index = 0; octet_index < 4; ++octet_index) {
    if (octet_index > 0) {
      if (i == text.size() || text[i] != '.') return std::nullopt;
      ++i;
    }
    const std::size_t begin = i;
    std::uint32_t octet = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      if (i - begin == 3) return std::nullopt;
      octet = octet * 10 + static_cast<std::uint32_t>(text[i] - '0');
    }
    const std::size_t digits = i - begin;
    if (digits == 0 || octet > 255 || (digits > 1 && text[begin] == '0')) return std::nullopt;
    number = number << 8 | octet;
  }
  if (i != text.size()) return std::nullopt;
  return number;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The groups of an IPv6 text as they are met, and where the "::" stood.
class GroupCollector {
 public:
  bool add(std::uint32_t group) noexcept {
    if (count_ == kGroups) return false;
    groups_[count_++] = group;
    return true;
  }
  bool mark_gap() noexcept {
    if (gap_) return false;
    gap_ = count_;
    return true;
  }
  // "::" stands for at least one group, so eight written ones leave no place for it.
  [[nodiscard]] std::optional<uint128> number() const noexcept {
    if (gap_ ? count_ == kGroups : count_ != kGroups) return std::nullopt;
    const std::size_t head = gap_.value_or(count_);
    uint128 bits = 0;
    for (std::size_t i = 0; i < head; ++i) bits |= uint128{groups_[i]} << (16 * (kGroups - 1 - i));
    for (std::size_t i = head; i < count_; ++i) bits |= uint128{groups_[i]} << (16 * (count_ - 1 - i));
    return bits;
  }

 private:
  std::array<std::uint32_t, kGroups> groups_{};
  std::size_t count_ = 0;
  std::optional<std::size_t> gap_;
};

std::optional<uint128> parse_groups(std::string_view text) noexcept {
  GroupCollector collector;
  std::size_t i = 0;
  if (text.substr(0, 2) == "::") {
    (void)collector.mark_gap();
    i = 2;
  }
  while (i < text.size()) {
    const std::size_t begin = i;
    std::uint32_t group = 0;
    for (; i < text.size() && hex_digit(text[i]) >= 0; ++i) {
      if (i - begin == 4) return std::nullopt;
      group = group << 4 | static_cast<std::uint32_t>(hex_digit(text[i]));
    }
    if (i < text.size() && text[i] == '.') {
      const auto quad = parse_dotted_quad(text.substr(begin));
      if (!quad || !collector.add(*quad >> 16) || !collector.add(*quad & 0xFFFF)) return std::nullopt;
      break;
    }
    if (i == begin || !collector.add(group)) return std::nullopt;
    if (i == text.size()) break;
    if (text[i] != ':') return std::nullopt;
    ++i;
    if (i == text.size()) return std::nullopt;
    if (text[i] == ':') {
      if (!collector.mark_gap()) return std::nullopt;
      ++i;
    }
  }
  return collector.number();
}

void append_octet(std::string& out, std::uint32_t octet) {
  if (octet >= 100) out.push_back(static_cast<char>('0' + octet / 100));
  if (octet >= 10) out.push_back(static_cast<char>('0' + octet / 10 % 10));
  out.push_back(static_cast<char>('0' + octet % 10));
}

void append_group(std::string& out, std::uint32_t group) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = group >= 0x1000 ? 12 : group >= 0x100 ? 8 : group >= 0x10 ? 4 : 0; shift >= 0; shift -= 4) {
    out.push_back(kDigits[group >> shift & 0xF]);
  }
}

std::string quad_text(std::uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    append_octet(out, number >> shift & 0xFF);
    if (shift > 0) out.push_back('.');
  }
  return out;
}

// RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups as "::", the first of
// equals.
std::string groups_text(uint128 number) {
  std::array<std::uint32_t, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<std::uint32_t>(number >> (16 * (kGroups - 1 - i))) & 0xFFFF;
  }
  std::size_t run_begin = kGroups;
  std::size_t run_length = 1;
  for (std::size_t i = 0; i < kGroups;) {
    std::size_t end = i;
    while (end < kGroups && groups[end] == 0) ++end;
    if (end - i > run_length) {
      run_begin = i;
      run_length = end - i;
    }
    i = end + 1;
  }
  std::string out;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == run_begin) {
      out += "::";
      i += run_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out.push_back(':');
    append_group(out, groups[i]);
  }
  return out;
}

}  // namespace

std::optional<IpAddress> IpAddress::from_bytes(std::span<const std::uint8_t> network_order) noexcept {
  if (network_order.size() != 4 && network_order.size() != 16) return std::nullopt;
  uint128 bits = 0;
  for (const std::uint8_t byte : network_order) bits = bits << 8 | byte;
  return network_order.size() == 4 ? v4(static_cast<std::uint32_t>(bits)) : v6(bits);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
  if (text.find(':') == std::string_view::npos) {
    const auto quad = parse_dotted_quad(text);
    if (!quad) return std::nullopt;
    return v4(*quad);
  }
  const auto number = parse_groups(text);
  if (!number) return std::nullopt;
  return v6(*number);
}

std::array<std::uint8_t, 16> IpAddress::bytes() const noexcept {
  const uint128 number = is_v4() ? kMappedFirst | bits_ : bits_;
  std::array<std::uint8_t, 16> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(number >> (8 * (out.size() - 1 - i)));
  return out;
}

std::string IpAddress::text() const {
  return is_v4() ? quad_text(v4_number()) : groups_text(bits_);
}

std::optional<IpAddress> next_address(const IpAddress& address) noexcept {
  if (address.is_v4()) {
    if (address.v4_number() == 0xFFFF'FFFF) return std::nullopt;
    return IpAddress::v4(address.v4_number() + 1);
  }
  const uint128 number = address.number() + 1;
  if (number == 0) return std::nullopt;
  return IpAddress::v6(number == kMappedFirst ? kMappedLast + 1 : number);
}

std::optional<IpAddress> previous_address(const IpAddress& address) noexcept {
  if (address.number() == 0) return std::nullopt;
  if (address.is_v4()) return IpAddress::v4(address.v4_number() - 1);
  const uint128 number = address.number() - 1;
  return IpAddress::v6(number == kMappedLast ? kMappedFirst - 1 : number);
}

}  // namespace keyfence
