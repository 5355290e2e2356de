#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/call.h"

namespace keyfence {

// The next of a page: where it goes on, sealed for this caller's path and filters. A cursor that was made up, changed
// or taken from another collection or filter is refused.
//
// Shape    13 Crockford digits of the position, 26 of 128 bits of HMAC-SHA-256 with the store's seal: cursors outlive
//          the daemon. It is stable: rows that come or go meanwhile move no other from page to page.
[[nodiscard]] std::string cursor_to(const Call& call, std::uint64_t position);
// 400 bad_cursor.
[[nodiscard]] Result<std::uint64_t, Problem> position_of_cursor(const Call& call, std::string_view cursor);

}  // namespace keyfence
