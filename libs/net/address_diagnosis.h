#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/net/entry_syntax.h"

namespace keyfence {

// Where in an entry an address stands: what it may be repaired to depends on it.
enum class AddressPlace : std::uint8_t {
  kAlone,        // 10.12 may have meant 10.12.0.0/16
  kBeforeSlash,  // 192.168.1/24 may have meant 192.168.1.0/24
  kRangeEnd,
};

// Why a text is no address, and what could stand in its place.
struct AddressDiagnosis {
  EntryErrorCode code;
  std::string message;
  std::vector<std::string> repairs;  // guesses, best first; not all of them parse
};

// Explains one text that IpAddress::parse() refuses: ASCII without '/', blanks or quotes. Always finds something.
[[nodiscard]] AddressDiagnosis diagnose_address(std::string_view token, AddressPlace place);

// Letters, digits, dots, dashes and underscores whose last label begins with a letter.
[[nodiscard]] bool looks_like_host_name(std::string_view text) noexcept;
[[nodiscard]] bool is_all_digits(std::string_view text) noexcept;  // false for empty text
[[nodiscard]] std::string without_leading_zeros(std::string_view digits);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace keyfence
