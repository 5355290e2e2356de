#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "libs/net/ip_range.h"

namespace keyfence::bench {

// Writes ranges of one family, disjoint and sorted, as a MaxMind DB: a search tree with leaves of its own for each, all
// of which point to one `true`. Ranges of the other family are left out. Returns the file's size. Ends the program if
// the file cannot be written.
//
// Source   MaxMind DB File Format Specification 2.0.
std::size_t write_mmdb(std::span<const IpRange> ranges, IpFamily family, const std::string& path);

}  // namespace keyfence::bench
