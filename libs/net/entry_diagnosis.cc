#include "libs/net/entry_diagnosis.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "libs/net/address_diagnosis.h"
#include "libs/net/block_diagnosis.h"
#include "libs/net/entry_grammar.h"
#include "libs/net/forwarded_node.h"

namespace keyfence {
namespace {

using Code = EntryErrorCode;

constexpr std::size_t kSuggestionsMax = 4;
constexpr int kRepairsInARowMax = 3;  // 010.0.0.5/024 needs three

AddressDiagnosis diagnose_shape(std::string_view text);

// Keeps the guesses that parse; one that has another fault is repaired in turn.
void keep_what_parses(std::vector<std::string>& out, const std::vector<std::string>& guesses, int repairs_left) {
  for (const std::string& guess : guesses) {
    const std::string_view trimmed = trim_blanks(guess);
    if (trimmed.empty() || trimmed.size() > kEntryTextBytesMax) continue;
    if (read_entry(trimmed)) {
      const bool known = std::find(out.begin(), out.end(), trimmed) != out.end();
      if (!known && out.size() < kSuggestionsMax) out.emplace_back(trimmed);
    } else if (repairs_left > 0) {
      keep_what_parses(out, diagnose_shape(trimmed).repairs, repairs_left - 1);
    }
  }
}

std::string joined(std::string_view first, std::string_view last) {
  return std::string(first) + "-" + std::string(last);
}

bool is_ipv6_text(std::string_view text) noexcept {
  return text.find(':') != std::string_view::npos;
}

AddressDiagnosis diagnose_url(std::string_view text) {
  std::string_view host = text.substr(text.find("://") + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  return {Code::kHostName, "A URL is no entry; write the address.", {std::string(host)}};
}

// Quotes, commas, comments: what is pasted along with an address.
AddressDiagnosis diagnose_punctuation(std::string_view text) {
  static constexpr std::string_view kPunctuation = "#,;|\"'`<>(){}\\";
  AddressDiagnosis out{
      Code::kMalformed, quoted(text.substr(text.find_first_of(kPunctuation), 1)) + " has no place in an entry.", {}};
  if (out.message.front() == '"' && out.message[1] == '"') out.message = "A double quote has no place in an entry.";
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && kPunctuation.find(text[i]) == std::string_view::npos) continue;
    if (i > begin) out.repairs.emplace_back(text.substr(begin, i - begin));
    begin = i + 1;
    if (i < text.size() && text[i] == '#') break;
  }
  if (out.repairs.size() > kSuggestionsMax) out.repairs.resize(kSuggestionsMax);
  return out;
}

AddressDiagnosis diagnose_blanks(std::string_view text) {
  AddressDiagnosis out{Code::kMalformed, "There is a space inside; an entry is one address, block or range.", {}};
  if (const std::size_t to = text.find(" to "); to != std::string_view::npos) {
    out.repairs.push_back(joined(text.substr(0, to), text.substr(to + 4)));
  }
  std::string closed;  // without the spaces beside a slash, dot or colon
  for (std::size_t i = 0; i < text.size(); ++i) {
    static constexpr std::string_view kJoints = "/.:";
    const std::size_t next = text.find_first_not_of(' ', i);
    const bool joint = (!closed.empty() && kJoints.find(closed.back()) != std::string_view::npos) ||
                       (next != std::string_view::npos && kJoints.find(text[next]) != std::string_view::npos);
    if (text[i] != ' ' || !joint) closed.push_back(text[i]);
  }
  if (closed != text) out.repairs.push_back(closed);
  const std::vector<std::string_view> parts = split(text, ' ');
  if (parts.size() == 2 && IpAddress::parse(parts[0]) && parts[1].substr(0, 2) == "25") {
    out.repairs.push_back(std::string(parts[0]) + "/" + std::string(parts[1]));  // network and netmask
  }
  const bool guessed = !out.repairs.empty();  // else several entries may stand in one line
  for (const std::string_view part : parts) {
    if (!guessed && out.repairs.size() < kSuggestionsMax && read_entry(part)) out.repairs.emplace_back(part);
  }
  return out;
}

AddressDiagnosis diagnose_one_end(AddressDiagnosis end, std::string_view before, std::string_view after) {
  for (std::string& repair : end.repairs) repair.insert(0, before).append(after);
  return end;
}

// The last end of a range is given short: an octet, some octets, an IPv6 group.
std::optional<AddressDiagnosis> diagnose_short_end(std::string_view first, std::string_view last) {
  if (is_ipv6_text(first)) {
    if (last.size() > 4 || last.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view head = first.substr(0, first.rfind(':') + 1);
    return AddressDiagnosis{Code::kRangeMalformed,
                            "The last address of an IPv6 range is written in full.",
                            {joined(first, std::string(head) + std::string(last))}};
  }
  if (is_all_digits(last)) {
    if (last.size() > 1 && last.front() == '0') {
      return AddressDiagnosis{Code::kLeadingZero,
                              quoted(last) + " has a leading zero, which other programs read as octal; write " +
                                  without_leading_zeros(last) + ".",
                              {joined(first, without_leading_zeros(last))}};
    }
    return AddressDiagnosis{Code::kOctetOutOfRange,
                            "After the dash stands an address or its last number, which goes up to 255; this has " +
                                std::string(last) + ".",
                            {}};
  }
  const std::vector<std::string_view> given = split(last, '.');
  if (given.size() > 3 || !std::all_of(given.begin(), given.end(), is_all_digits)) return std::nullopt;
  const std::vector<std::string_view> octets = split(first, '.');
  std::string full;
  for (std::size_t i = 0; i + given.size() < octets.size(); ++i) full += std::string(octets[i]) + ".";
  return AddressDiagnosis{
      Code::kTooFewOctets,
      "After the dash stands an address or its last number; this has " + std::to_string(given.size()) + " numbers.",
      {joined(first, full + std::string(last))}};
}

AddressDiagnosis diagnose_ends(std::string_view first_text, std::string_view last_text) {
  const auto first = IpAddress::parse(first_text);
  auto last = IpAddress::parse(last_text);
  if (!first) {
    return diagnose_one_end(diagnose_address(first_text, AddressPlace::kRangeEnd), "", "-" + std::string(last_text));
  }
  if (const auto octet = read_small_number(last_text, 255); octet && !is_ipv6_text(first_text)) {
    last = IpAddress::v4((first->v4_number() & 0xFFFF'FF00) | static_cast<std::uint32_t>(*octet));
  }
  if (!last) {
    if (auto short_end = diagnose_short_end(first_text, last_text)) return *std::move(short_end);
    return diagnose_one_end(diagnose_address(last_text, AddressPlace::kRangeEnd), joined(first_text, ""), "");
  }
  if (first->family() != last->family()) {
    const bool folded = is_ipv6_text(first_text) && is_ipv6_text(last_text);
    return {Code::kRangeMixedFamilies,
            folded ? "One end is an IPv4-mapped address (::ffff:0:0/96), which is an IPv4 address here; the other is "
                     "IPv6."
                   : "A range has two IPv4 addresses or two IPv6 addresses, not one of each.",
            {}};
  }
  return {Code::kRangeReversed,
          "The first address of a range comes before the last one.",
          {joined(last->text(), first->text())}};
}

AddressDiagnosis diagnose_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::string_view first = trim_blanks(text.substr(0, dash));
  const std::string_view last = trim_blanks(text.substr(dash + 1));
  if (!IpAddress::parse(first) && !IpAddress::parse(last) && looks_like_host_name(text)) {
    return {Code::kHostName, "Host names are not looked up; write the address.", {}};
  }
  if (first.find('%') != std::string_view::npos && !IpAddress::parse(last)) {
    return diagnose_address(text, AddressPlace::kAlone);  // a zone may hold a dash
  }
  if (first.empty() || last.empty()) {
    return {Code::kRangeMalformed, "One end of the range is missing.", {std::string(first.empty() ? last : first)}};
  }
  if (last.find('-') != std::string_view::npos) {
    const std::size_t after = last.find_first_not_of("- ");
    AddressDiagnosis out{Code::kRangeMalformed, "A range has one dash, between its first and its last address.", {}};
    if (last.front() == '-' && after != std::string_view::npos)
      out.repairs.push_back(joined(first, last.substr(after)));
    return out;
  }
  return diagnose_ends(first, last);
}

// Ends that are blocks themselves, as in 10.0.0.0/24-10.0.3.0/24.
AddressDiagnosis diagnose_range_of_blocks(std::string_view text) {
  AddressDiagnosis out{Code::kRangeMalformed, "The ends of a range are addresses, not blocks.", {}};
  const std::size_t dash = text.find('-');
  const auto first = read_entry(trim_blanks(text.substr(0, dash)));
  const auto last = read_entry(trim_blanks(text.substr(dash + 1)));
  if (first && last) out.repairs.push_back(joined(first->range.first().text(), last->range.last().text()));
  return out;
}

bool has_blank_inside(std::string_view text) {
  for (std::size_t at = text.find(' '); at != std::string_view::npos; at = text.find(' ', at + 1)) {
    const std::size_t before = text.find_last_not_of(' ', at);
    const std::size_t after = text.find_first_not_of(' ', at);
    if (text[before] != '-' && text[after] != '-') return true;
  }
  return false;
}

AddressDiagnosis diagnose_shape(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return diagnose_url(text);
  if (text.find_first_of("#,;|\"'`<>(){}\\") != std::string_view::npos) return diagnose_punctuation(text);
  if (has_blank_inside(text)) return diagnose_blanks(text);
  const std::size_t slash = text.find('/');
  const std::size_t dash = text.find('-');
  if (slash != std::string_view::npos) {
    const std::string_view before = text.substr(0, slash);
    const bool signed_length = dash == slash + 1;
    if (dash != std::string_view::npos && !signed_length && !looks_like_host_name(before)) {
      return diagnose_range_of_blocks(text);
    }
    return diagnose_block(before, text.substr(slash + 1));
  }
  if (dash != std::string_view::npos) return diagnose_range(text);
  return diagnose_address(text, AddressPlace::kAlone);
}

// What word processors and web pages put in the place of ASCII.
struct Lookalike {
  std::string_view bytes;
  std::string_view ascii;
};
constexpr std::array kLookalikes = {
    Lookalike{"\xE2\x80\x90", "-"}, Lookalike{"\xE2\x80\x91", "-"}, Lookalike{"\xE2\x80\x92", "-"},
    Lookalike{"\xE2\x80\x93", "-"}, Lookalike{"\xE2\x80\x94", "-"}, Lookalike{"\xE2\x88\x92", "-"},
    Lookalike{"\xE2\x80\x8B", ""},  Lookalike{"\xEF\xBB\xBF", ""},  Lookalike{"\xC2\xA0", " "},
    Lookalike{"\xE2\x80\xAF", " "}, Lookalike{"\xE3\x80\x82", "."}, Lookalike{"\xEF\xBC\x8E", "."},
    Lookalike{"\xEF\xBC\x9A", ":"}, Lookalike{"\xEF\xBC\x8F", "/"}, Lookalike{"\t", " "},
};

bool is_plain(char c) noexcept {
  return c >= 0x20 && c <= 0x7E;
}

std::string in_ascii(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto found = std::find_if(kLookalikes.begin(), kLookalikes.end(), [text](const Lookalike& like) {
      return text.substr(0, like.bytes.size()) == like.bytes;
    });
    if (found != kLookalikes.end()) {
      out += found->ascii;
      text.remove_prefix(found->bytes.size());
    } else {
      out.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

EntryError diagnose_entry(std::string_view trimmed) {
  AddressDiagnosis diagnosis = diagnose_shape(trimmed);
  EntryError error{diagnosis.code, std::move(diagnosis.message), {}};
  keep_what_parses(error.suggestions, diagnosis.repairs, kRepairsInARowMax);
  return error;
}

EntryError diagnose_not_ascii(std::string_view trimmed) {
  const auto bad = std::find_if_not(trimmed.begin(), trimmed.end(), is_plain);
  const std::string at = std::to_string(bad - trimmed.begin() + 1);
  EntryError error{Code::kNotAscii,
                   static_cast<unsigned char>(*bad) < 0x80
                       ? "Byte " + at + " is a control character; an entry holds plain ASCII text."
                       : "The character at byte " + at + " is not ASCII; an entry holds plain ASCII text.",
                   {}};
  const std::string plain = in_ascii(trimmed);
  if (std::all_of(plain.begin(), plain.end(), is_plain)) {
    keep_what_parses(error.suggestions, {plain}, kRepairsInARowMax);
  }
  return error;
}

}  // namespace keyfence
