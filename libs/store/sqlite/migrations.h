#pragma once

#include <cstddef>

#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {

inline constexpr std::int32_t kApplicationId = 0x4B664331;  // "KfC1"

// Brings the schema up to date, each numbered migration in a transaction of its own; makes the instance of a new store.
//
// Errors   kNewer if the file has a migration that this program does not know; kFailed if it belongs to another
//          application. Neither touches the file.
void migrate(Connection& connection);
// Up to this migration only: how a store looked that an older Keyfence made.
void migrate(Connection& connection, int last);

// The number of the newest migration that the file has had; 0 for an empty one. Errors as of migrate().
[[nodiscard]] int standing_schema(Connection& connection);
// The number of the newest migration.
[[nodiscard]] int newest_schema() noexcept;

}  // namespace keyfence::sqlite
