#pragma once

#include <boost/json/value.hpp>
#include <span>
#include <vector>

#include "libs/admin/call.h"

// What the usage log knows of entries and keys, for the routes that show them.
namespace keyfence::routes::usage {

// In the order of the rows: hits, first and last; null for what was never hit. Nulls alone where this daemon keeps no
// usage log, or cannot read it: lists and keys are shown all the same.
[[nodiscard]] std::vector<boost::json::value> entry_evidence(const Call& call, std::span<const EntryRow> rows);
[[nodiscard]] std::vector<boost::json::value> key_evidence(const Call& call, std::span<const KeyRow> rows);

}  // namespace keyfence::routes::usage
