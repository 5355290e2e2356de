#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/admin/http/message.h"

namespace keyfence {

// An answer that is kept so that only the one whom it was given to can read it: a new secret may be in it, and the
// store holds no secrets.
//
// Shape    AES-256-GCM: 12 random bytes, the cipher text, 16 bytes tag. The cipher's key is the SHA-256 of what only
// the
//          asker has: the credential and the Idempotency-Key.
[[nodiscard]] std::vector<std::uint8_t> seal_answer(const HttpResponse& answer, std::string_view known_to_asker);
// nullopt: sealed with something else.
[[nodiscard]] std::optional<HttpResponse> open_answer(const std::vector<std::uint8_t>& sealed,
                                                      std::string_view known_to_asker);

}  // namespace keyfence
