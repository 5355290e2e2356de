#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "libs/base/result.h"

namespace keyfence {

// A declaration as TOML and back. Times are strings in both forms; TOML's own times are read as such strings.
[[nodiscard]] std::string toml_of(const boost::json::object& document);
// Errors  "FILE:LINE:COLUMN: …" for what is no TOML.
[[nodiscard]] Result<boost::json::object, std::string> json_of_toml(const std::string& text, const std::string& file);

}  // namespace keyfence
