#include "libs/net/entry_syntax.h"

#include <algorithm>

#include "libs/net/entry_diagnosis.h"
#include "libs/net/entry_grammar.h"
#include "libs/net/forwarded_node.h"

namespace keyfence {

Result<ParsedEntry, EntryError> parse_entry(std::string_view text) {
  const std::string_view trimmed = trim_blanks(text);
  if (trimmed.empty()) return Err{EntryError{EntryErrorCode::kEmpty, "There is no address, block or range here.", {}}};
  if (trimmed.size() > kEntryTextBytesMax) {
    return Err{EntryError{EntryErrorCode::kTooLong,
                          "An entry has at most " + std::to_string(kEntryTextBytesMax) + " characters; this has " +
                              std::to_string(trimmed.size()) + ".",
                          {}}};
  }
  const auto is_plain = [](char c) { return c >= 0x20 && c <= 0x7E; };
  if (!std::all_of(trimmed.begin(), trimmed.end(), is_plain)) return Err{diagnose_not_ascii(trimmed)};
  if (auto parsed = read_entry(trimmed)) return *std::move(parsed);
  return Err{diagnose_entry(trimmed)};
}

std::string_view name(EntryKind kind) noexcept {
  switch (kind) {
    case EntryKind::kAddress:
      return "address";
    case EntryKind::kCidr:
      return "cidr";
    case EntryKind::kRange:
      return "range";
  }
  return "unknown";
}

std::string_view name(EntryErrorCode code) noexcept {
  switch (code) {
    case EntryErrorCode::kEmpty:
      return "empty";
    case EntryErrorCode::kTooLong:
      return "too_long";
    case EntryErrorCode::kNotAscii:
      return "not_ascii";
    case EntryErrorCode::kLeadingZero:
      return "leading_zero";
    case EntryErrorCode::kTooFewOctets:
      return "too_few_octets";
    case EntryErrorCode::kTooManyOctets:
      return "too_many_octets";
    case EntryErrorCode::kEmptyPart:
      return "empty_part";
    case EntryErrorCode::kOctetOutOfRange:
      return "octet_out_of_range";
    case EntryErrorCode::kHostBitsSet:
      return "host_bits_set";
    case EntryErrorCode::kZoneId:
      return "zone_id";
    case EntryErrorCode::kHostMask:
      return "host_mask";
    case EntryErrorCode::kMaskWithHoles:
      return "mask_with_holes";
    case EntryErrorCode::kPrefixZeroPadded:
      return "prefix_zero_padded";
    case EntryErrorCode::kPrefixOutOfRange:
      return "prefix_out_of_range";
    case EntryErrorCode::kPrefixMalformed:
      return "prefix_malformed";
    case EntryErrorCode::kWildcard:
      return "wildcard";
    case EntryErrorCode::kRangeReversed:
      return "range_reversed";
    case EntryErrorCode::kRangeMixedFamilies:
      return "range_mixed_families";
    case EntryErrorCode::kRangeMalformed:
      return "range_malformed";
    case EntryErrorCode::kPort:
      return "port";
    case EntryErrorCode::kBrackets:
      return "brackets";
    case EntryErrorCode::kHostName:
      return "host_name";
    case EntryErrorCode::kMalformedIpv6:
      return "malformed_ipv6";
    case EntryErrorCode::kMalformed:
      return "malformed";
  }
  return "unknown";
}

}  // namespace keyfence
