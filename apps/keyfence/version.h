#pragma once

namespace keyfence {

inline constexpr const char* kVersion = KEYFENCE_VERSION;

}  // namespace keyfence
