#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace keyfence {

// Random bytes from the kernel (getrandom), fit for secrets. A kernel that gives none ends the process.
void fill_random(std::span<std::uint8_t> out) noexcept;
[[nodiscard]] std::uint64_t random_u64() noexcept;

}  // namespace keyfence
