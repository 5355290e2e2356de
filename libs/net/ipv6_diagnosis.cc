#include "libs/net/ipv6_diagnosis.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace keyfence {
namespace {

using Code = EntryErrorCode;

constexpr std::string_view kHexAndColon = "0123456789abcdefABCDEF:";

// The dotted quad at the end, as in ::ffff:010.0.0.1.
AddressDiagnosis diagnose_embedded_quad(std::string_view token) {
  const std::size_t colon = token.rfind(':');
  const std::string_view head = token.substr(0, colon + 1);
  const std::string_view tail = token.substr(colon + 1);
  if (tail.find('.') == std::string_view::npos) {
    return {Code::kMalformedIpv6, "Dots stand only in the last part of an IPv6 address.", {}};
  }
  if (IpAddress::parse(tail)) {
    return {
        Code::kMalformedIpv6, "The groups before " + quoted(tail) + " are not the first 96 bits of an address.", {}};
  }
  AddressDiagnosis out = diagnose_address(tail, AddressPlace::kRangeEnd);
  for (std::string& repair : out.repairs) repair.insert(0, head);
  return out;
}

std::optional<AddressDiagnosis> diagnose_empty_group(std::string_view token) {
  std::string fixed(token);
  if (const std::size_t at = fixed.find(":::"); at != std::string::npos) {
    fixed.erase(at, std::min(fixed.find_first_not_of(':', at), fixed.size()) - at - 2);
  } else if (token.front() == ':' && token.substr(0, 2) != "::") {
    fixed.insert(0, ":");
  } else if (token.back() == ':' && (token.size() < 2 || token[token.size() - 2] != ':')) {
    fixed.push_back(':');
  } else {
    return std::nullopt;
  }
  return AddressDiagnosis{
      Code::kEmptyPart, "A group is empty; \"::\" stands for a run of zero groups.", {std::move(fixed)}};
}

AddressDiagnosis diagnose_long_group(std::string_view token, std::string_view group) {
  std::string fixed;
  for (const std::string_view part : split(token, ':')) {
    fixed += part.size() > 4 ? without_leading_zeros(part) : std::string(part);
    fixed.push_back(':');
  }
  fixed.pop_back();
  return {Code::kMalformedIpv6,
          "A group of an IPv6 address has at most four digits; " + quoted(group) + " has " +
              std::to_string(group.size()) + ".",
          {std::move(fixed)}};
}

AddressDiagnosis diagnose_group_count(std::string_view token, std::size_t groups) {
  const std::size_t gap = token.find("::");
  if (gap == std::string_view::npos || groups > 8) {
    return {
        Code::kMalformedIpv6,
        "An IPv6 address has eight groups, or \"::\" in place of zero groups; this has " + std::to_string(groups) + ".",
        {}};
  }
  std::string fixed(token);
  fixed.erase(gap, gap == 0 || gap + 2 == token.size() ? 2 : 1);
  return {Code::kMalformedIpv6, "\"::\" stands for at least one group, but all eight are there.", {std::move(fixed)}};
}

}  // namespace

AddressDiagnosis diagnose_ipv6(std::string_view token) {
  if (token.find('.') != std::string_view::npos) return diagnose_embedded_quad(token);
  if (const std::size_t bad = token.find_first_not_of(kHexAndColon); bad != std::string_view::npos) {
    return {Code::kMalformedIpv6, quoted(token.substr(bad, 1)) + " has no place in an IPv6 address.", {}};
  }
  if (auto empty = diagnose_empty_group(token)) return *std::move(empty);
  const std::size_t gap = token.find("::");
  if (gap != std::string_view::npos && token.find("::", gap + 1) != std::string_view::npos) {
    return {Code::kMalformedIpv6, "\"::\" can stand once in an IPv6 address.", {}};
  }
  std::vector<std::string_view> groups = split(token, ':');
  groups.erase(std::remove(groups.begin(), groups.end(), std::string_view()), groups.end());
  const auto is_long = [](std::string_view group) { return group.size() > 4; };
  if (const auto bad = std::find_if(groups.begin(), groups.end(), is_long); bad != groups.end()) {
    return diagnose_long_group(token, *bad);
  }
  const auto is_pair = [](std::string_view group) { return group.size() == 2; };
  if (gap == std::string_view::npos && groups.size() == 6 && std::all_of(groups.begin(), groups.end(), is_pair)) {
    return {Code::kMalformedIpv6, "This looks like a hardware (MAC) address; gateways see IP addresses.", {}};
  }
  return diagnose_group_count(token, groups.size());
}

std::vector<std::string> repair_ipv6_wildcard(std::string_view token, AddressPlace place) {
  if (token.size() < 3 || token.substr(token.size() - 2) != ":*") return {};
  const std::string_view head = token.substr(0, token.size() - 2);  // without the last colon and the star
  if (token.find('*') != token.size() - 1) return {};
  const auto with_length = [place](const std::string& address, std::size_t length) {
    return place == AddressPlace::kAlone ? address + "/" + std::to_string(length) : address;
  };
  if (head.back() == ':') return {with_length(std::string(head) + ":", 112)};
  if (head.find("::") != std::string_view::npos) return {with_length(std::string(head) + ":0", 112)};
  const std::size_t groups = split(head, ':').size();
  if (groups > 7 || head.find_first_not_of(kHexAndColon) != std::string_view::npos) return {};
  return {with_length(std::string(head) + (groups == 7 ? ":0" : "::"), 16 * groups)};
}

}  // namespace keyfence
