#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace keyfence {

// Makes the directory in which gateway workers leave their usage records: theirs to write through the group, closed to
// everyone else. A standing one gets the same rights.
//
// Errors   Why it cannot be made, as one sentence.
[[nodiscard]] std::optional<std::string> make_spool_dir(const std::filesystem::path& dir,
                                                        const std::optional<std::string>& group);

}  // namespace keyfence
