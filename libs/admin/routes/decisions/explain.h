#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libs/admin/call.h"

namespace keyfence::routes::decisions {

struct Explanation {
  boost::json::array layers;
  boost::json::array missing_scopes;
};

// What every list says of the address, from the rows of the store, with the entry that admits it. The operator's
// entries are not shown to others.
// Cost  Some look-ups for each list, however long it is.
[[nodiscard]] Result<Explanation, Problem> explain(const Call& call, const KeyRow& key,
                                                   const std::optional<IpAddress>& address,
                                                   const std::vector<std::string>& required_scopes, UnixSeconds now);

}  // namespace keyfence::routes::decisions
