#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/net/address_diagnosis.h"

namespace keyfence {

// Explains a text with colons that is no IPv6 address. As diagnose_address(), which calls it.
[[nodiscard]] AddressDiagnosis diagnose_ipv6(std::string_view token);

// 2001:db8:1:* may have meant 2001:db8:1::/48, and 2001:db8::* 2001:db8::/112.
[[nodiscard]] std::vector<std::string> repair_ipv6_wildcard(std::string_view token, AddressPlace place);

}  // namespace keyfence
