#include "libs/admin/sign_in/random_codes.h"

#include <array>

#include "libs/base/random.h"

namespace keyfence {

std::string random_groups(std::size_t groups, std::size_t digits) {
  static constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::vector<std::uint8_t> random(groups * digits);
  fill_random(random);
  std::string text;
  for (std::size_t i = 0; i < random.size(); ++i) {
    if (i > 0 && i % digits == 0) text += '-';
    text += kDigits[random[i] % kDigits.size()];
  }
  return text;
}

std::vector<std::string> new_recovery_codes() {
  std::vector<std::string> codes;
  codes.reserve(kRecoveryCodes);
  for (std::size_t i = 0; i < kRecoveryCodes; ++i) codes.push_back(random_groups(2, 5));
  return codes;
}

KeyDigest recovery_code_digest(std::string_view typed) {
  std::string plain = "keyfence-recovery:";
  for (const char c : typed) {
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  }
  return sha256(plain);
}

}  // namespace keyfence
