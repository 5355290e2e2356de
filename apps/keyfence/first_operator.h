#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libs/admin/sign_in/password_hasher.h"
#include "libs/base/clock.h"
#include "libs/base/result.h"
#include "libs/base/strong_id.h"
#include "libs/store/control_store.h"

namespace keyfence {

inline constexpr std::string_view kFirstOperatorLogin = "operator";

// Makes the person who can sign in first, in a store that holds no operator: login "operator" and a random password,
// which goes to the file (mode 0600, whole or not at all) or to standard output before the store knows it.
//
// Answers true if one was made.
[[nodiscard]] Result<bool, std::string> make_first_operator(ControlStore& store, IdSource& ids, const Clock& clock,
                                                            PasswordHasher& hasher,
                                                            const std::optional<std::filesystem::path>& file);

struct PasswordReset {
  std::string login;
  enum class SecondFactor : std::uint8_t { kKeep, kDrop } second_factor = SecondFactor::kKeep;
};
// Gives a person a new random password and ends their sessions; for who can reach the data directory alone.
[[nodiscard]] Result<std::string, std::string> reset_password(ControlStore& store, const Clock& clock,
                                                              PasswordHasher& hasher, const PasswordReset& reset);

}  // namespace keyfence
