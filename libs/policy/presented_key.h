#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyfence {

inline constexpr std::size_t kCredentialBytesMax = 512;

// SHA-256 of a key's secret text, all that is ever stored of it.
struct KeyDigest {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const KeyDigest&, const KeyDigest&) noexcept = default;

  [[nodiscard]] std::string hex() const;                                               // 64 lower-case digits
  [[nodiscard]] static std::optional<KeyDigest> parse_hex(std::string_view) noexcept;  // 64 digits, either case
};

enum class CredentialState : std::uint8_t { kMissing, kMalformed, kPresent };

// What a request showed as its API key, reduced to its digest at once; the text is not kept.
//
// Errors   kMissing: empty. kMalformed: longer than kCredentialBytesMax, a byte outside 0x21-0x7E, or a text that
//          begins with "kf_" and fails the form or the checksum of our own keys. Anything else is kPresent: operators
//          may import keys of other forms.
// Cost     One SHA-256, no allocation.
struct PresentedKey {
  CredentialState state = CredentialState::kMissing;
  KeyDigest digest;  // meaningful only if kPresent
};
[[nodiscard]] PresentedKey read_presented_key(std::string_view credential) noexcept;

// SHA-256 of any bytes; allocates nothing.
[[nodiscard]] KeyDigest sha256(std::string_view bytes) noexcept;

// A secret as it is shown once: prefix, 43 base62 digits of 256 random bits, 6 base62 digits of the CRC-32 of all
// before them. Keys begin with "kf_", management tokens with "kfm_". No operator<<, no copy.
class NewSecret {
 public:
  [[nodiscard]] static NewSecret make(std::string_view prefix);
  NewSecret(NewSecret&&) noexcept = default;
  NewSecret& operator=(NewSecret&&) noexcept = default;
  NewSecret(const NewSecret&) = delete;
  NewSecret& operator=(const NewSecret&) = delete;

  [[nodiscard]] const std::string& reveal_once() const noexcept { return text_; }
  [[nodiscard]] KeyDigest digest() const noexcept;

 private:
  explicit NewSecret(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Whether text has the form and the checksum of a secret with this prefix.
[[nodiscard]] bool has_valid_checksum(std::string_view text, std::string_view prefix) noexcept;

}  // namespace keyfence
