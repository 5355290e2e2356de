#pragma once

#include <cstddef>
#include <cstdint>

namespace keyfence {

// CRC-32C (Castagnoli) of any bytes, continuing from a seed (0 to begin). In hardware where the processor has it,
// chosen at run time, by table elsewhere, with the same result.
[[nodiscard]] std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t seed = 0) noexcept;

// One step of the register over eight bytes, by table: for who builds another check of the same steps.
[[nodiscard]] std::uint32_t crc32c_step_portable(std::uint32_t crc, std::uint64_t word) noexcept;

// The table-driven twin, for the test that holds both equal.
[[nodiscard]] std::uint32_t crc32c_portable(const void* bytes, std::size_t size, std::uint32_t seed = 0) noexcept;

}  // namespace keyfence
