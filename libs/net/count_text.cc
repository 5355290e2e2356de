#include "libs/net/count_text.h"

#include <algorithm>

namespace keyfence {

std::string count_text(uint128 count_minus_one) {
  std::string digits;  // least significant first
  for (uint128 rest = count_minus_one; rest != 0; rest /= 10) {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  // Add the one on the digits, where it cannot overflow.
  std::size_t i = 0;
  for (; i < digits.size() && digits[i] == '9'; ++i) digits[i] = '0';
  if (i == digits.size()) {
    digits.push_back('1');
  } else {
    ++digits[i];
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace keyfence
