#pragma once

#include <filesystem>
#include <optional>

namespace keyfence {

// Where the built console is if nobody said so: share/keyfence/console beside the bin directory of this program, or
// console/dist of the checkout that it was built in. nullopt: nowhere.
[[nodiscard]] std::optional<std::filesystem::path> find_console_dir();

}  // namespace keyfence
