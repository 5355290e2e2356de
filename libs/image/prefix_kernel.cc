#include "libs/image/prefix_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace keyfence::image {

bool in_one_of_eight_portable(std::uint32_t address, const std::uint32_t* prefixes, std::uint64_t lengths,
                              std::uint32_t selected) noexcept {
  for (; selected != 0; selected >>= 1, lengths >>= 6, ++prefixes) {
    const unsigned length = lengths & 63U;
    if ((selected & 1U) == 0 || length > 32) continue;
    if ((std::uint64_t{address ^ *prefixes} >> (32 - length)) == 0) return true;
  }
  return false;
}

#if defined(__x86_64__)

namespace {

[[gnu::target("avx2")]] bool in_one_of_eight_avx2(std::uint32_t address, const std::uint32_t* prefixes,
                                                  std::uint64_t lengths, std::uint32_t selected) noexcept {
  const __m256i packed = _mm256_set1_epi64x(static_cast<long long>(lengths));
  const __m256i low = _mm256_srlv_epi64(packed, _mm256_setr_epi64x(0, 6, 12, 18));
  const __m256i high = _mm256_srlv_epi64(packed, _mm256_setr_epi64x(24, 30, 36, 42));
  // The lower halves of both, in order.
  const __m256i pick = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  const __m256i both =
      _mm256_blend_epi32(_mm256_permutevar8x32_epi32(low, pick), _mm256_permutevar8x32_epi32(high, pick), 0xF0);
  const __m256i length = _mm256_and_si256(both, _mm256_set1_epi32(63));
  const __m256i is_length = _mm256_cmpgt_epi32(_mm256_set1_epi32(33), length);
  // A shift by 32 gives 0: a prefix of length 0 is every address.
  const __m256i mask = _mm256_sllv_epi32(_mm256_set1_epi32(-1), _mm256_sub_epi32(_mm256_set1_epi32(32), length));
  const __m256i prefix = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(prefixes));
  const __m256i differs =
      _mm256_and_si256(_mm256_xor_si256(prefix, _mm256_set1_epi32(static_cast<int>(address))), mask);
  const __m256i found = _mm256_and_si256(_mm256_cmpeq_epi32(differs, _mm256_setzero_si256()), is_length);
  return (static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(found))) & selected) != 0;
}

// nullptr until this file's statics are initialised; the portable one answers until then.
const InOneOfEight kForThisProcessor =
    __builtin_cpu_supports("avx2") != 0 ? in_one_of_eight_avx2 : in_one_of_eight_portable;

}  // namespace

bool in_one_of_eight(std::uint32_t address, const std::uint32_t* prefixes, std::uint64_t lengths,
                     std::uint32_t selected) noexcept {
  const InOneOfEight kernel = kForThisProcessor;
  return kernel != nullptr ? kernel(address, prefixes, lengths, selected)
                           : in_one_of_eight_portable(address, prefixes, lengths, selected);
}

#else

bool in_one_of_eight(std::uint32_t address, const std::uint32_t* prefixes, std::uint64_t lengths,
                     std::uint32_t selected) noexcept {
  return in_one_of_eight_portable(address, prefixes, lengths, selected);
}

#endif

}  // namespace keyfence::image
