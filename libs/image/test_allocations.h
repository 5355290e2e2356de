#pragma once

#include <cstddef>

namespace keyfence {

// How often this process has called operator new; linking this in replaces it.
[[nodiscard]] std::size_t allocations_so_far() noexcept;

}  // namespace keyfence
