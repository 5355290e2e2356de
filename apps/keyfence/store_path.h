#pragma once

#include <string>

#include "libs/base/result.h"

namespace keyfence {

// The store of a data directory: the one named, or that of the environment and the defaults of `keyfence serve`.
[[nodiscard]] Result<std::string, std::string> store_path(const std::string& data_dir);

}  // namespace keyfence
