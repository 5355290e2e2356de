#pragma once

namespace keyfence::image {

// Asks for the line of memory at an address that will be read soon; any address will do. The empty statement counts as
// an effect: without it g++ takes a function that does nothing but this for one without effects and removes the call.
inline void fetch_ahead(const void* address) noexcept {
  __builtin_prefetch(address);
  asm volatile("" : : "r"(address));
}

}  // namespace keyfence::image
