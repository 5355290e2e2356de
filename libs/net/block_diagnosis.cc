#include "libs/net/block_diagnosis.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "libs/net/entry_grammar.h"

namespace keyfence {
namespace {

using Code = EntryErrorCode;

bool is_ipv6_text(std::string_view text) noexcept {
  return text.find(':') != std::string_view::npos;
}

std::string with_length(std::string_view address, std::string_view length) {
  return std::string(address) + "/" + std::string(length);
}

// A length that fits: then the address is not the first of its block, or the block is not of one family.
AddressDiagnosis diagnose_fitting_length(const IpAddress& address, int length) {
  const auto block = block_around(address, length);
  if (!block) {
    return {Code::kRangeMixedFamilies,
            "This block ends among the IPv4-mapped addresses (::ffff:0:0/96), which are IPv4 addresses here.",
            {address.text() + "-::fffe:ffff:ffff"}};
  }
  return {Code::kHostBitsSet,
          address.text() + " is not the first address of its /" + std::to_string(length) + ", which is " +
              block->first().text() + ".",
          {block->text(), address.text()}};
}

AddressDiagnosis diagnose_digits(std::string_view address_text, const IpAddress& address, std::string_view digits) {
  if (digits.size() > 1 && digits.front() == '0') {
    const std::string plain = without_leading_zeros(digits);
    return {Code::kPrefixZeroPadded,
            "The length /" + std::string(digits) + " is padded with a zero; write /" + plain + ".",
            {with_length(address_text, plain)}};
  }
  const int max = is_ipv6_text(address_text) ? 128 : 32;
  const auto length = read_small_number(digits, max);
  if (!length) {
    return {Code::kPrefixOutOfRange,
            "The length of an " + std::string(max == 32 ? "IPv4" : "IPv6") + " block goes up to /" +
                std::to_string(max) + ".",
            {}};
  }
  if (address.is_v4() && max == 128) {
    if (*length >= 96) return diagnose_fitting_length(address, *length - 96);
    AddressDiagnosis out{Code::kPrefixOutOfRange,
                         std::string(address_text) + " is the IPv4 address " + address.text() +
                             " here; written so, its length goes from /96 to /128.",
                         {}};
    if (*length <= 32) out.repairs.push_back(with_length(address.text(), digits));
    out.repairs.push_back(address.text());
    return out;
  }
  return diagnose_fitting_length(address, *length);
}

AddressDiagnosis diagnose_ipv4_mask(const IpAddress& address, std::string_view mask_text) {
  const auto mask = IpAddress::parse(mask_text);
  if (!mask) {
    AddressDiagnosis out = diagnose_address(mask_text, AddressPlace::kRangeEnd);
    for (std::string& repair : out.repairs) repair = with_length(address.text(), repair);
    out.code = Code::kPrefixMalformed;
    out.message = quoted(mask_text) + " is no netmask: four numbers with dots between them.";
    return out;
  }
  if (const auto length = netmask_length(mask->v4_number())) return diagnose_fitting_length(address, *length);
  if (const auto length = netmask_length(~mask->v4_number())) {
    return {Code::kHostMask,
            std::string(mask_text) + " is a host mask (a wildcard mask); the block is written with its length, /" +
                std::to_string(*length) + ".",
            {with_length(address.text(), std::to_string(*length))}};
  }
  return {Code::kMaskWithHoles, "The ones of a netmask stand together; " + std::string(mask_text) + " has holes.", {}};
}

AddressDiagnosis diagnose_ipv6_mask(const IpAddress& address, std::string_view mask_text) {
  AddressDiagnosis out{Code::kPrefixMalformed, "An IPv6 block is written with its length, such as /48.", {}};
  const auto mask = IpAddress::parse(mask_text);
  if (!mask || mask->is_v4() || address.is_v4()) return out;
  const uint128 host = ~mask->number();
  if ((host & (host + 1)) != 0) return out;
  int length = 128;
  for (uint128 rest = host; rest != 0; rest >>= 1) --length;
  out.repairs.push_back(with_length(address.text(), std::to_string(length)));
  return out;
}

}  // namespace

AddressDiagnosis diagnose_block(std::string_view address_text, std::string_view length_text) {
  if (address_text.empty()) return {Code::kEmptyPart, "There is no address before the slash.", {}};
  const auto address = IpAddress::parse(address_text);
  if (!address) {
    AddressDiagnosis out = diagnose_address(address_text, AddressPlace::kBeforeSlash);
    for (std::string& repair : out.repairs) repair = with_length(repair, length_text);
    return out;
  }
  if (length_text.empty()) {
    return {Code::kPrefixMalformed, "There is no length after the slash.", {std::string(address_text)}};
  }
  if (is_all_digits(length_text)) return diagnose_digits(address_text, *address, length_text);
  if (length_text.front() == '+' || length_text.front() == '-') {
    AddressDiagnosis out{Code::kPrefixMalformed, "A length has no sign.", {}};
    if (length_text.front() == '+') out.repairs.push_back(with_length(address_text, length_text.substr(1)));
    return out;
  }
  if (length_text.find('/') != std::string_view::npos) {
    AddressDiagnosis out{Code::kPrefixMalformed, "A block has one slash, between address and length.", {}};
    const std::size_t digits = length_text.find_first_not_of('/');
    if (digits == 0) return out;
    out.repairs.push_back(digits == std::string_view::npos ? std::string(address_text)
                                                           : with_length(address_text, length_text.substr(digits)));
    return out;
  }
  if (is_ipv6_text(length_text) && is_ipv6_text(address_text)) return diagnose_ipv6_mask(*address, length_text);
  if (length_text.find('.') != std::string_view::npos && address->is_v4()) {
    if (!is_ipv6_text(address_text)) return diagnose_ipv4_mask(*address, length_text);
    return {Code::kPrefixMalformed,
            "An IPv4-mapped address takes no netmask; write it as IPv4.",
            {with_length(address->text(), length_text)}};
  }
  AddressDiagnosis out{Code::kPrefixMalformed, quoted(length_text) + " is no length.", {}};
  if (const std::size_t colon = length_text.find(':'); colon != std::string_view::npos) {
    out.message = "An entry is an address without a port.";
    out.code = Code::kPort;
    out.repairs.push_back(with_length(address_text, length_text.substr(0, colon)));
  }
  return out;
}

}  // namespace keyfence
