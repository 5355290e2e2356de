#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "libs/store/people_rows.h"

// Secrets that people read and type.
namespace keyfence {

// Groups of random digits of Crockford's base 32, lower case, with dashes between them: 5 bits a digit.
[[nodiscard]] std::string random_groups(std::size_t groups, std::size_t digits);

inline constexpr std::size_t kRecoveryCodes = 10;

// kRecoveryCodes codes of 50 bits, "7k2mq-x0c9d"; each good for one sign-in without the authenticator.
[[nodiscard]] std::vector<std::string> new_recovery_codes();
// As the store knows a code. Case and everything but digits and letters is not looked at.
[[nodiscard]] KeyDigest recovery_code_digest(std::string_view typed);

}  // namespace keyfence
