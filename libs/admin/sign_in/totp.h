#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/store/people_rows.h"

// Codes of an authenticator: six digits, every 30 seconds others, HMAC-SHA-1.
//
// Source   RFC 6238, RFC 4226.
namespace keyfence {

inline constexpr std::int64_t kTotpStepSeconds = 30;

[[nodiscard]] TotpSecret new_totp_secret();
[[nodiscard]] std::uint64_t totp_step_at(Timestamp now) noexcept;
[[nodiscard]] std::string totp_code(const TotpSecret& secret, std::uint64_t step);

// The step that this code belongs to: the current one, the one before or after it, later than the spent one. nullopt
// for a wrong code and for one that was used, or that is older than one that was.
[[nodiscard]] std::optional<std::uint64_t> match_totp(const TotpSecret& secret, std::string_view code, Timestamp now,
                                                      std::uint64_t spent_step);

// The secret as authenticators take it: base 32 (RFC 4648) without padding, and the address behind a QR code.
[[nodiscard]] std::string base32(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::string otpauth_uri(const TotpSecret& secret, std::string_view login);

}  // namespace keyfence
