#pragma once

#include <cstdint>

namespace keyfence {

// How often operator new was called in this process since it started; linking this in replaces operator new.
// It stands in a file of its own because g++ warns of a mismatch that is none where it sees into both ends.
[[nodiscard]] std::uint64_t allocations_so_far() noexcept;

}  // namespace keyfence
