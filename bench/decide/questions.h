#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

#include "bench/common/made_policy.h"
#include "bench/common/pages.h"
#include "libs/policy/decide.h"

namespace keyfence::bench {

inline constexpr UnixSeconds kNow{1'780'000'000};
inline constexpr double kZipfExponent = 0.99;

enum class KeyChoice : std::uint8_t { kUniform, kZipf };

// Questions in a row in memory, all of which the policy allows.
class Questions {
 public:
  Questions(const MadePolicy& policy, std::size_t count, KeyChoice choice)
      : block_(count * sizeof(Question), PageSize::kHuge), count_(count) {
    static_assert(std::is_trivially_destructible_v<Question>);
    const std::uint64_t keys = policy.shape().keys;
    const Zipf zipf(keys, kZipfExponent);
    Random random(99);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t key = choice == KeyChoice::kUniform ? random.below(keys) : mixed(zipf(random)) % keys;
      new (block_.data() + i * sizeof(Question))
          Question{{CredentialState::kPresent, policy.digest(key)}, policy.admitted_address(key, random), {}, kNow};
    }
  }
  [[nodiscard]] std::span<const Question> all() const noexcept {
    return {std::launder(reinterpret_cast<const Question*>(block_.data())), count_};
  }

 private:
  Block block_;
  std::size_t count_;
};

// What follows begins when everything before it has ended. A request's decision stands alone: without this the
// processor would work on several at once.
inline void wait_for_everything_before() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_lfence();
#elif defined(__aarch64__)
  asm volatile("dsb sy\nisb" ::: "memory");
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

// One step for each question, over and over, count steps in all.
template <class Step>
void repeat(std::span<const Question> questions, std::size_t count, const Step& step) {
  while (count > 0) {
    const std::size_t n = count < questions.size() ? count : questions.size();
    for (const Question& question : questions.first(n)) step(question);
    count -= n;
  }
}

}  // namespace keyfence::bench
