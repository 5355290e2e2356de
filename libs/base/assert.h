#pragma once

namespace keyfence {

// Prints the broken invariant to standard error and aborts. On in every build.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace keyfence

// For what can only be false if this program is wrong. Never for input, and never on what a policy image holds.
#define KF_ASSERT(expression) \
  (static_cast<bool>(expression) ? void(0) : ::keyfence::assertion_failed(#expression, __FILE__, __LINE__))
