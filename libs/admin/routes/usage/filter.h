#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "libs/admin/call.h"
#include "libs/usage/usage_store.h"

// What the usage routes have in common: the filter of the query, and a record as JSON.
namespace keyfence::routes::usage {

// Reads the filter. A member of an account asks within that account, whatever else it names; another account's ids do
// not exist.
[[nodiscard]] Result<UsageFilter, Problem> filter_of(const Call& call);

// The parameters that filter_of() reads.
[[nodiscard]] std::vector<std::string_view> filter_parameters();
// `limit`, or what counts without it.
[[nodiscard]] Result<std::size_t, Problem> limit_of(const Call& call, std::size_t without, std::size_t max);

// The store, or 503 where this daemon keeps no usage log.
[[nodiscard]] Result<UsageStore*, Problem> store_of(const Call& call);
[[nodiscard]] Problem problem_of(const UsageError& error);

[[nodiscard]] boost::json::object view(const StoredRecord& record);
[[nodiscard]] std::string_view address_header_text(ClientAddressNote note) noexcept;  // empty: nothing was odd
[[nodiscard]] std::string request_id_text(const RequestId& id);
[[nodiscard]] std::optional<RequestId> parse_request_id(std::string_view text) noexcept;

}  // namespace keyfence::routes::usage
