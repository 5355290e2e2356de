#pragma once

#include <cstdint>
#include <string_view>

namespace keyfence {

// CRC-32 as in IEEE 802.3 and zlib: reflected, all ones before and after. Texts of up to 64 bytes by carry-less
// multiplication where the processor has it, chosen at run time; by table elsewhere, with the same result.
[[nodiscard]] std::uint32_t crc32(std::string_view bytes) noexcept;

// The table-driven twin, for the test that holds both equal.
[[nodiscard]] std::uint32_t crc32_portable(std::string_view bytes) noexcept;

}  // namespace keyfence
