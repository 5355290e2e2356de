#include "libs/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace keyfence {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "keyfence: invariant broken: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace keyfence
