#include "libs/admin/sign_in/totp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "libs/base/assert.h"
#include "libs/base/random.h"

namespace keyfence {
namespace {

constexpr std::size_t kDigits = 6;

std::string uri_encoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

}  // namespace

TotpSecret new_totp_secret() {
  TotpSecret secret;
  fill_random(secret.bytes);
  return secret;
}

std::uint64_t totp_step_at(Timestamp now) noexcept {
  return static_cast<std::uint64_t>(now.micros / 1'000'000 / kTotpStepSeconds);
}

std::string totp_code(const TotpSecret& secret, std::uint64_t step) {
  std::array<std::uint8_t, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) counter[i] = static_cast<std::uint8_t>(step >> (56U - 8U * i));
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha1(), secret.bytes.data(), static_cast<int>(secret.bytes.size()), counter.data(),
                          counter.size(), mac.data(), &size);
  KF_ASSERT(done != nullptr && size == 20);
  const std::size_t at = mac[19] & 15U;
  const std::uint32_t number = (static_cast<std::uint32_t>(mac[at] & 0x7FU) << 24U) |
                               (static_cast<std::uint32_t>(mac[at + 1]) << 16U) |
                               (static_cast<std::uint32_t>(mac[at + 2]) << 8U) | mac[at + 3];
  std::string code = std::to_string(number % 1'000'000);
  code.insert(0, kDigits - code.size(), '0');
  return code;
}

std::optional<std::uint64_t> match_totp(const TotpSecret& secret, std::string_view code, Timestamp now,
                                        std::uint64_t spent_step) {
  if (code.size() != kDigits) return std::nullopt;
  const std::uint64_t current = totp_step_at(now);
  std::optional<std::uint64_t> found;
  for (const std::uint64_t step : {current - 1, current, current + 1}) {
    const std::string wanted = totp_code(secret, step);
    const bool same = CRYPTO_memcmp(wanted.data(), code.data(), kDigits) == 0;
    if (same && step > spent_step) found = step;
  }
  return found;
}

std::string base32(std::span<const std::uint8_t> bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    buffer = (buffer << 8U) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += kAlphabet[(buffer >> bits) & 31U];
    }
  }
  if (bits > 0) out += kAlphabet[(buffer << (5 - bits)) & 31U];
  return out;
}

std::string otpauth_uri(const TotpSecret& secret, std::string_view login) {
  return "otpauth://totp/Keyfence:" + uri_encoded(login) + "?secret=" + base32(secret.bytes) + "&issuer=Keyfence";
}

}  // namespace keyfence
