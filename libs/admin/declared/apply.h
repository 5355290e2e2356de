#pragma once

#include <boost/json/array.hpp>

#include "libs/admin/change.h"
#include "libs/admin/declared/declaration.h"

namespace keyfence {

// Whether keys that the document does not name are deleted, in the accounts that it does.
enum class Unnamed : std::uint8_t { kKept, kDeleted };

// What bringing the instance to the declared state changed.
struct Applied {
  boost::json::array changes;  // {"action", "kind", "subject", "name", "account", and what is different}
  boost::json::array secrets;  // {"key_id", "name", "secret"} of keys made without a digest
};

// Within one change set. Finds accounts by id, then by name; keys by id, digest, then name. What stands as it is
// declared is left alone, so that doing it again changes nothing.
//
// Errors   422 with what the limits refuse and with names that fit several keys; 409 for a key that is revoked and
// shall
//          not be, and for an account that is deleted.
[[nodiscard]] Result<Applied, Problem> apply_declaration(ChangeContext& change, const Call& call,
                                                         const Declaration& declaration, Unnamed unnamed);

}  // namespace keyfence
