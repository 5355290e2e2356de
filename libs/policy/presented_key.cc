#include "libs/policy/presented_key.h"

// SHA256_Init/Update/Final are deprecated in OpenSSL 3, but they keep their state on the stack and cost 98 ns; the
// calls that replace them fetch the algorithm again each time (985 ns) or need a context from the heap.
#define OPENSSL_API_COMPAT 10100
#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "libs/base/assert.h"
#include "libs/base/crc32.h"
#include "libs/base/random.h"

namespace keyfence {
namespace {

constexpr std::string_view kOwnKeyPrefix = "kf_";
constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretDigits = 43;   // 62^43 > 2^256
constexpr std::size_t kChecksumDigits = 6;  // 62^6 > 2^32

constexpr std::uint32_t octet(char c) noexcept {
  return static_cast<unsigned char>(c);
}

// Three blocks of one vector each, of which the last two overlap, and no way out of the loop: the compiler takes a
// block at a time.
bool is_base62(std::span<const char, kSecretDigits> digits) noexcept {
  constexpr std::size_t kBlock = 16;
  std::array<std::uint8_t, kBlock> other{};
  for (const std::size_t begin : {std::size_t{0}, kBlock, kSecretDigits - kBlock}) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      const auto c = static_cast<std::uint8_t>(digits[begin + i]);
      const auto digit = static_cast<std::uint8_t>(c - '0');
      const auto letter = static_cast<std::uint8_t>((c | 0x20U) - 'a');
      other[i] =
          static_cast<std::uint8_t>(other[i] | (static_cast<unsigned>(digit > 9) & static_cast<unsigned>(letter > 25)));
    }
  }
  static_assert(2 * kBlock + kBlock >= kSecretDigits);
  return other == std::array<std::uint8_t, kBlock>{};
}

std::array<char, kChecksumDigits> checksum_digits(std::string_view text) noexcept {
  std::array<char, kChecksumDigits> digits{};
  std::uint32_t rest = crc32(text);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    *digit = kBase62[rest % 62];
    rest /= 62;
  }
  return digits;
}

// Whether digits and their checksum follow the prefix, to the end of the text.
bool is_secret_behind(std::string_view text, std::size_t prefix_bytes) noexcept {
  if (text.size() != prefix_bytes + kSecretDigits + kChecksumDigits) return false;
  const char* const digits = text.data() + prefix_bytes;
  if (!is_base62(std::span<const char, kSecretDigits>(digits, kSecretDigits))) return false;
  const auto expected = checksum_digits({text.data(), prefix_bytes + kSecretDigits});
  return std::memcmp(digits + kSecretDigits, expected.data(), kChecksumDigits) == 0;
}

// The number that the bytes are, most significant first, in base 62; the bytes are used up.
std::array<char, kSecretDigits> secret_digits(std::array<std::uint8_t, kSecretBytes>& bytes) noexcept {
  std::array<char, kSecretDigits> digits{};
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    unsigned remainder = 0;
    for (std::uint8_t& byte : bytes) {
      const unsigned part = remainder << 8 | byte;
      byte = static_cast<std::uint8_t>(part / 62);
      remainder = part % 62;
    }
    *digit = kBase62[remainder];
  }
  return digits;
}

// A message that fits one block with its padding (FIPS 180-4, 5.1.1), as a Keyfence key does: one call in place of
// three.
constexpr std::size_t kShortMessageBytes = SHA256_CBLOCK - 9;
constexpr std::array<std::uint32_t, 8> kSha256Start = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                                       0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

constexpr std::uint32_t most_significant_first(std::uint32_t word) noexcept {
  return std::endian::native == std::endian::little ? __builtin_bswap32(word) : word;
}

KeyDigest sha256_of_short(std::string_view message) noexcept {
  std::array<unsigned char, SHA256_CBLOCK> block{};
  message.copy(reinterpret_cast<char*>(block.data()), message.size());
  block[message.size()] = 0x80;
  const std::size_t bits = message.size() * 8;
  block[SHA256_CBLOCK - 2] = static_cast<unsigned char>(bits >> 8);
  block[SHA256_CBLOCK - 1] = static_cast<unsigned char>(bits & 0xFF);
  SHA256_CTX context;  // NOLINT(cppcoreguidelines-pro-type-member-init): of a whole block only h is read
  std::copy(kSha256Start.begin(), kSha256Start.end(), context.h);
  SHA256_Transform(&context, block.data());
  KeyDigest digest;
  for (std::size_t i = 0; i < kSha256Start.size(); ++i) {
    const std::uint32_t word = most_significant_first(context.h[i]);
    std::memcpy(digest.bytes.data() + i * sizeof word, &word, sizeof word);
  }
  return digest;
}

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string KeyDigest::hex() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 15U]);
  }
  return text;
}

std::optional<KeyDigest> KeyDigest::parse_hex(std::string_view text) noexcept {
  KeyDigest digest;
  if (text.size() != digest.bytes.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

KeyDigest sha256(std::string_view bytes) noexcept {
  KeyDigest digest;
  if (bytes.size() <= kShortMessageBytes) return sha256_of_short(bytes);
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(digest.bytes.data(), &context);
  return digest;
}

PresentedKey read_presented_key(std::string_view credential) noexcept {
  if (credential.empty()) return {CredentialState::kMissing, {}};
  if (credential.size() > kCredentialBytesMax) return {CredentialState::kMalformed, {}};
  // The form of our own keys leaves no room for an unprintable byte.
  if (credential.size() >= kOwnKeyPrefix.size() &&
      std::memcmp(credential.data(), kOwnKeyPrefix.data(), kOwnKeyPrefix.size()) == 0) {
    if (!is_secret_behind(credential, kOwnKeyPrefix.size())) return {CredentialState::kMalformed, {}};
    return {CredentialState::kPresent, sha256(credential)};
  }
  unsigned unprintable = 0;  // no way out of the loop: the compiler takes many bytes at a time
  for (const char c : credential) unprintable |= static_cast<unsigned>(octet(c) - 0x21U > 0x7EU - 0x21U);
  if (unprintable != 0) return {CredentialState::kMalformed, {}};
  return {CredentialState::kPresent, sha256(credential)};
}

NewSecret NewSecret::make(std::string_view prefix) {
  std::array<std::uint8_t, kSecretBytes> random{};
  fill_random(random);
  const auto digits = secret_digits(random);
  std::string text(prefix);
  text.append(digits.data(), digits.size());
  const auto checksum = checksum_digits(text);
  text.append(checksum.data(), checksum.size());
  KF_ASSERT(has_valid_checksum(text, prefix));
  return NewSecret(std::move(text));
}

KeyDigest NewSecret::digest() const noexcept {
  return sha256(text_);
}

bool has_valid_checksum(std::string_view text, std::string_view prefix) noexcept {
  return text.substr(0, prefix.size()) == prefix && is_secret_behind(text, prefix.size());
}

}  // namespace keyfence
