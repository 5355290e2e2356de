#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "libs/policy/policy.h"
#include "libs/policy/reason.h"

namespace keyfence {

inline constexpr std::size_t kDenialBodyBytesMax = 512;
inline constexpr std::size_t kRequestIdBytesMax = 64;

struct DenialBody {
  std::string_view text;          // points into the caller's buffer
  std::string_view content_type;  // "application/json" or "application/problem+json"
};

// The body that a refused client reads. It never tells what a list holds, nor which layer refused.
//
// Shape    Writes at most kDenialBodyBytesMax bytes into buffer, which must have that room; request_id is letters,
//          digits and "-_" of at most kRequestIdBytesMax bytes, anything else is left out.
// Errors   None; reason must not be kAllowed.
[[nodiscard]] DenialBody render_denial(ErrorStyle style, Reason reason, std::string_view request_id,
                                       std::span<char> buffer) noexcept;

}  // namespace keyfence
