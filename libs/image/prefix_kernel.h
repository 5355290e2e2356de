#pragma once

#include <cstddef>
#include <cstdint>

namespace keyfence::image {

// Whether an address is in one of eight prefixes.
//
// Shape    prefixes: eight addresses. lengths: eight prefix lengths of six bits each, the first lowest; one above 32
//          admits nothing. selected: bit i says whether prefix i counts.
// Cost     With AVX2 some twenty instructions and no branch; the scalar form elsewhere, with the same answers.
using InOneOfEight = bool (*)(std::uint32_t address, const std::uint32_t* prefixes, std::uint64_t lengths,
                              std::uint32_t selected) noexcept;

// The one for this processor.
[[nodiscard]] bool in_one_of_eight(std::uint32_t address, const std::uint32_t* prefixes, std::uint64_t lengths,
                                   std::uint32_t selected) noexcept;

// The twin that runs anywhere, for the tests that hold both equal.
[[nodiscard]] bool in_one_of_eight_portable(std::uint32_t address, const std::uint32_t* prefixes, std::uint64_t lengths,
                                            std::uint32_t selected) noexcept;

}  // namespace keyfence::image
