#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/admin/auth.h"
#include "libs/admin/http/message.h"
#include "libs/admin/http/query.h"
#include "libs/admin/problem.h"
#include "libs/admin/services.h"
#include "libs/base/result.h"

namespace keyfence {

using Answer = Result<HttpResponse, Problem>;

// One authenticated request on its way through a route.
struct Call {
  Services& services;
  const HttpRequest& request;
  std::size_t worker = 0;
  std::string request_id;
  Timestamp now;
  std::optional<IpAddress> client;  // nullopt: a trusted proxy told none that can be used
  std::vector<std::pair<std::string_view, std::string_view>> path_parameters;
  QueryParameters query;
  Caller caller;              // of a public route: nobody, or who the route itself let in
  boost::json::value body;    // parsed, where the route takes JSON; in memory that lasts as long as this call
  bool body_is_text = false;  // text/plain, valid UTF-8, in request.body

  [[nodiscard]] std::string_view path_parameter(std::string_view parameter) const noexcept;
  // An id of the path; one that cannot exist is as unknown as one that does not.
  template <class Id>
  [[nodiscard]] Result<Id, Problem> path_id(std::string_view parameter) const {
    const auto id = Id::parse(path_parameter(parameter));
    if (!id) return Err{not_found()};
    return *id;
  }
};

[[nodiscard]] HttpResponse no_content();  // 204
[[nodiscard]] HttpResponse json_response(int status, const boost::json::value& body);
[[nodiscard]] std::string etag(Revision revision);
// The next of a page that goes on after this position; see cursor.h. null where there is no more.
enum class More : std::uint8_t { kNo, kYes };
[[nodiscard]] boost::json::value next_of(const Call& call, More more, std::uint64_t position);

// 412 where If-Match names another revision than the standing one.
[[nodiscard]] std::optional<Problem> refuse_stale(const HttpRequest& request, Revision standing);

// Rows that the caller may see; those of other accounts do not exist.
[[nodiscard]] Result<AccountRow, Problem> find_account(StoreReader& store, const Caller& caller, AccountId id);
[[nodiscard]] Result<KeyRow, Problem> find_key(StoreReader& store, const Caller& caller, KeyId id);

// The account that a call without one in its path is about: account_id of the query, or the caller's only one. nullopt
// for the operator alone: all of them.
//
// Errors   404 for another account's id; 422 where a member of several names none.
[[nodiscard]] Result<std::optional<AccountId>, Problem> account_scope(const Call& call);

// after and limit of the query, with one row more than asked for: see cut_page().
[[nodiscard]] Result<PageRequest, Problem> page_of(const Call& call);
// Drops the row that shows that there are more.
template <class Row>
[[nodiscard]] More cut_page(std::vector<Row>& rows, const PageRequest& page) {
  if (rows.size() < page.limit) return More::kNo;
  rows.resize(page.limit - 1);
  return More::kYes;
}
[[nodiscard]] bool query_flag(const Call& call, std::string_view parameter) noexcept;  // "true"; checked by the router

}  // namespace keyfence
