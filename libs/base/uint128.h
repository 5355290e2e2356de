#pragma once

namespace keyfence {

__extension__ typedef unsigned __int128 uint128;  // NOLINT(modernize-use-using): __extension__ needs a typedef

}  // namespace keyfence
