#pragma once

#include <string>

#include "libs/base/uint128.h"

namespace keyfence {

// A count of addresses in decimal, told minus one, because 2^128 of them is one more than 128 bits hold.
[[nodiscard]] std::string count_text(uint128 count_minus_one);

}  // namespace keyfence
