#pragma once

#include <optional>
#include <string_view>

#include "libs/net/entry_syntax.h"

namespace keyfence {

// What is accepted as an entry, and nothing else; why a text is refused is entry_diagnosis.h's business.
[[nodiscard]] std::optional<ParsedEntry> read_entry(std::string_view trimmed);

// 1 to 3 digits without leading zeros, at most `max`.
[[nodiscard]] std::optional<int> read_small_number(std::string_view text, int max) noexcept;

// The prefix length that a contiguous netmask stands for: 255.255.255.0 is 24.
[[nodiscard]] std::optional<int> netmask_length(std::uint32_t mask) noexcept;

// The block of the address' family that holds it; nullopt where it would begin or end in ::ffff:0:0/96.
[[nodiscard]] std::optional<IpRange> block_around(const IpAddress& address, int prefix_length) noexcept;

}  // namespace keyfence
