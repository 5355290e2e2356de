#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "libs/admin/http/message.h"
#include "libs/admin/problem.h"

namespace keyfence {

// The ETag of an account or a key: of all that is shown of it but the revision and its list, so that a new name counts
// as well as a new policy.
[[nodiscard]] std::string row_etag(const boost::json::object& view);

// 412 where If-Match names another state than the one that stands.
[[nodiscard]] std::optional<Problem> refuse_stale_row(const HttpRequest& request, const boost::json::object& standing);

}  // namespace keyfence
