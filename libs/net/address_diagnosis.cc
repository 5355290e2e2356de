#include "libs/net/address_diagnosis.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "libs/net/ipv6_diagnosis.h"

namespace keyfence {
namespace {

using Code = EntryErrorCode;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool has_leading_zero(std::string_view digits) noexcept {
  return digits.size() > 1 && digits.front() == '0';
}

bool above_255(std::string_view digits) noexcept {
  return digits.size() > 3 || (digits.size() == 3 && digits > std::string_view("255"));
}

// The octets that are there, then zeros: as an address, or with the length that they cover.
std::string padded_quad(const std::vector<std::string_view>& octets, AddressPlace place) {
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) out.push_back('.');
    out += i < octets.size() ? octets[i] : std::string_view("0");
  }
  if (place == AddressPlace::kAlone) out += "/" + std::to_string(8 * octets.size());
  return out;
}

AddressDiagnosis empty_octet(std::string_view token, AddressPlace place) {
  AddressDiagnosis out{Code::kEmptyPart, "There is nothing between two dots, or a dot at an end.", {}};
  if (token.back() == '.' && token.size() > 1) out.repairs.emplace_back(token.substr(0, token.size() - 1));
  if (const std::size_t dots = token.find(".."); place == AddressPlace::kAlone && dots != std::string_view::npos) {
    out.repairs.push_back(std::string(token.substr(0, dots)) + "-" + std::string(token.substr(dots + 2)));
  }
  return out;
}

AddressDiagnosis leading_zero(const std::vector<std::string_view>& octets) {
  const auto bad = std::find_if(octets.begin(), octets.end(), has_leading_zero);
  std::string fixed;
  for (const std::string_view octet : octets) {
    if (!fixed.empty()) fixed.push_back('.');
    fixed += without_leading_zeros(octet);
  }
  return {Code::kLeadingZero,
          quoted(*bad) + " has a leading zero, which other programs read as octal; write " +
              without_leading_zeros(*bad) + ".",
          {std::move(fixed)}};
}

// One number alone, such as 10 or 167772161.
AddressDiagnosis single_number(std::string_view digits, AddressPlace place) {
  AddressDiagnosis out{
      Code::kTooFewOctets, "An IPv4 address has four numbers with dots between them; this has one.", {}};
  if (!above_255(digits)) {
    if (place != AddressPlace::kRangeEnd) out.repairs.push_back(padded_quad({digits}, place));
    return out;
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc() && end == digits.data() + digits.size()) out.repairs.push_back(IpAddress::v4(number).text());
  return out;
}

AddressDiagnosis diagnose_dotted(std::string_view token, AddressPlace place) {
  const std::vector<std::string_view> octets = split(token, '.');
  const auto is_empty = [](std::string_view octet) { return octet.empty(); };
  if (std::any_of(octets.begin(), octets.end(), is_empty)) return empty_octet(token, place);
  if (std::any_of(octets.begin(), octets.end(), has_leading_zero)) return leading_zero(octets);
  if (octets.size() == 1) return single_number(token, place);
  if (octets.size() > 4) {
    return {
        Code::kTooManyOctets, "An IPv4 address has four numbers; this has " + std::to_string(octets.size()) + ".", {}};
  }
  if (const auto bad = std::find_if(octets.begin(), octets.end(), above_255); bad != octets.end()) {
    return {
        Code::kOctetOutOfRange, "The numbers of an IPv4 address go up to 255; this has " + std::string(*bad) + ".", {}};
  }
  AddressDiagnosis out{
      Code::kTooFewOctets, "An IPv4 address has four numbers; this has " + std::to_string(octets.size()) + ".", {}};
  if (place != AddressPlace::kRangeEnd) out.repairs.push_back(padded_quad(octets, place));
  return out;
}

// Octets, then only wildcards: how many octets; nullopt for another shape.
std::optional<std::vector<std::string_view>> octets_before_wildcards(std::string_view token) {
  const auto is_wildcard = [](std::string_view part) { return part == "*" || part == "x" || part == "X"; };
  std::vector<std::string_view> parts = split(token, '.');
  const auto first = std::find_if(parts.begin(), parts.end(), is_wildcard);
  if (first == parts.begin() || first == parts.end() || parts.size() > 4) return std::nullopt;
  if (!std::all_of(parts.begin(), first, is_all_digits) || !std::all_of(first, parts.end(), is_wildcard)) {
    return std::nullopt;
  }
  parts.erase(first, parts.end());
  return parts;
}

AddressDiagnosis diagnose_wildcard(std::string_view token, AddressPlace place) {
  AddressDiagnosis out{Code::kWildcard, "Wildcards are not read; write the block with its length, as 10.0.0.0/24.", {}};
  if (place == AddressPlace::kRangeEnd) return out;
  if (token.find(':') != std::string_view::npos) {
    out.repairs = repair_ipv6_wildcard(token, place);
  } else if (const auto octets = octets_before_wildcards(token)) {
    out.repairs.push_back(padded_quad(*octets, place));
  }
  return out;
}

AddressDiagnosis diagnose_brackets(std::string_view token) {
  AddressDiagnosis out{Code::kBrackets, "Brackets belong to URLs; write the address without them.", {}};
  const std::size_t open = token.find('[');
  const std::size_t close = token.find(']');
  if (open == 0 && close != std::string_view::npos) {
    out.repairs.emplace_back(token.substr(1, close - 1));
    if (close + 1 < token.size()) out.message = "Brackets and a port belong to URLs; write the address without them.";
  } else {
    std::string bare(token);
    bare.erase(std::remove_if(bare.begin(), bare.end(), [](char c) { return c == '[' || c == ']'; }), bare.end());
    out.repairs.push_back(std::move(bare));
  }
  return out;
}

std::optional<AddressDiagnosis> diagnose_zone(std::string_view token) {
  const std::size_t percent = token.find('%');
  if (percent == std::string_view::npos) return std::nullopt;
  const std::string_view address = token.substr(0, percent);
  if (address.find(':') == std::string_view::npos && !IpAddress::parse(address)) return std::nullopt;
  return AddressDiagnosis{Code::kZoneId,
                          "A zone such as " + quoted(token.substr(percent)) +
                              " has a meaning on one machine only; write the address without it.",
                          {std::string(address)}};
}

// A single colon: a port after an IPv4 address or a host name.
std::optional<AddressDiagnosis> diagnose_port(std::string_view token) {
  const std::size_t colon = token.find(':');
  if (colon == std::string_view::npos || token.find(':', colon + 1) != std::string_view::npos) return std::nullopt;
  const std::string_view before = token.substr(0, colon);
  if (before.find('.') != std::string_view::npos && before.find_first_not_of("0123456789.") == std::string_view::npos) {
    return AddressDiagnosis{Code::kPort, "An entry is an address without a port.", {std::string(before)}};
  }
  if (looks_like_host_name(before) && before.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    return AddressDiagnosis{Code::kHostName, "Host names are not looked up; write the address.", {}};
  }
  return std::nullopt;
}

}  // namespace

AddressDiagnosis diagnose_address(std::string_view token, AddressPlace place) {
  if (token.empty()) return {Code::kEmptyPart, "An address is missing.", {}};
  if (token.find_first_of("[]") != std::string_view::npos) return diagnose_brackets(token);
  if (auto zone = diagnose_zone(token)) return *std::move(zone);
  if (token.find('*') != std::string_view::npos) return diagnose_wildcard(token, place);
  if (auto port = diagnose_port(token)) return *std::move(port);
  if (token.find(':') != std::string_view::npos) return diagnose_ipv6(token);
  if (token.find_first_not_of("0123456789.") == std::string_view::npos) return diagnose_dotted(token, place);
  if (octets_before_wildcards(token)) return diagnose_wildcard(token, place);
  if (looks_like_host_name(token)) return {Code::kHostName, "Host names are not looked up; write the address.", {}};
  if (token.substr(0, 2) == "0x" || token.substr(0, 2) == "0X") {
    return {Code::kMalformed, "Hexadecimal numbers are not read; write four decimal numbers with dots.", {}};
  }
  return {Code::kMalformed, quoted(token) + " is no IP address.", {}};
}

bool looks_like_host_name(std::string_view text) noexcept {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), allowed)) return false;
  const std::size_t dot = text.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? text : text.substr(dot + 1);
  return !last.empty() && is_letter(last.front());
}

bool is_all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string without_leading_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : std::string(digits.substr(first));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

}  // namespace keyfence
