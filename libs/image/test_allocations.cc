#include "libs/image/test_allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

// In a file of its own: where the compiler can see into these beside a use it warns of a mismatch that is none.
namespace keyfence {
namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

std::size_t allocations_so_far() noexcept {
  return allocations.load();
}

}  // namespace keyfence

void* operator new(std::size_t size) {
  keyfence::allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* at = std::malloc(size == 0 ? 1 : size)) return at;
  throw std::bad_alloc();
}
void operator delete(void* at) noexcept {
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  std::free(at);
}
