#pragma once

#include <cstddef>
#include <string>

#include "libs/net/address_set.h"

namespace keyfence::bench {

// Writes the addresses of one family of a set as a MaxMind DB: a search tree whose leaves all point to one `true`.
// Returns the file's size. Ends the program if the file cannot be written.
//
// Source   MaxMind DB File Format Specification 2.0.
std::size_t write_mmdb(const AddressSet& set, IpFamily family, const std::string& path);

}  // namespace keyfence::bench
