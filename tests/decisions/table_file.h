#pragma once

#include <filesystem>
#include <vector>

#include "tests/decisions/decision_table.h"

namespace keyfence::decisions {

// The *.decision files of the directory, by name.
[[nodiscard]] std::vector<std::filesystem::path> table_files();
[[nodiscard]] Result<DecisionTable, TableError> read_table(const std::filesystem::path& file);

}  // namespace keyfence::decisions
