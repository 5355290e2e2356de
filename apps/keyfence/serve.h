#pragma once

#include <filesystem>
#include <optional>

#include "apps/keyfence/first_token.h"
#include "apps/keyfence/settings.h"

namespace keyfence {

struct ServeRequest {
  ServeSettings settings;
  NewToken new_token = NewToken::kIfNoneYet;
  std::optional<std::filesystem::path> first_token_file;
  std::optional<std::filesystem::path> first_password_file;
  std::optional<std::filesystem::path> ready_file;
};

// Runs the daemon until SIGTERM or SIGINT. Answers the exit code: 0 after a clean stop, 2 if it could not start.
[[nodiscard]] int serve(ServeRequest request);

}  // namespace keyfence
