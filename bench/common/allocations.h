#pragma once

#include <cstdint>

namespace keyfence::bench {

// How often operator new was called in this process since it started. Linking this file replaces operator new.
[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace keyfence::bench
