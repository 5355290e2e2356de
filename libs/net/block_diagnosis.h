#pragma once

#include <string_view>

#include "libs/net/address_diagnosis.h"

namespace keyfence {

// Explains a refused block: what stands before the first slash and after it. The repairs are whole entries.
[[nodiscard]] AddressDiagnosis diagnose_block(std::string_view address_text, std::string_view length_text);

}  // namespace keyfence
