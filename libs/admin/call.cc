#include "libs/admin/call.h"

#include <boost/json/serialize.hpp>
#include <charconv>

#include "libs/admin/cursor.h"

namespace keyfence {

std::string_view Call::path_parameter(std::string_view parameter) const noexcept {
  for (const auto& [key, value] : path_parameters) {
    if (key == parameter) return value;
  }
  return {};
}

HttpResponse no_content() {
  return {.status = 204, .content_type = {}, .body = {}, .headers = {}};
}

HttpResponse json_response(int status, const boost::json::value& body) {
  return {.status = status, .content_type = "application/json", .body = boost::json::serialize(body), .headers = {}};
}

std::string etag(Revision revision) {
  return "\"" + std::to_string(revision.value) + "\"";
}

boost::json::value next_of(const Call& call, More more, std::uint64_t position) {
  if (more == More::kNo) return nullptr;
  return boost::json::value(cursor_to(call, position));
}

std::optional<Problem> refuse_stale(const HttpRequest& request, Revision standing) {
  if (request.header_count("If-Match") == 0) return std::nullopt;
  const auto wanted = request.header("If-Match");
  if (wanted == "*" || wanted == etag(standing)) return std::nullopt;
  return Problem{.status = 412,
                 .code = "revision_mismatch",
                 .detail = "It was changed since: see changed_since, and read it again.",
                 .headers = {{"ETag", etag(standing)}}};
}

Result<AccountRow, Problem> find_account(StoreReader& store, const Caller& caller, AccountId id) {
  if (!caller.sees(id)) return Err{not_found()};
  auto row = store.account(id);
  if (!row) return Err{problem_of(row.error())};
  return std::move(*row);
}

Result<KeyRow, Problem> find_key(StoreReader& store, const Caller& caller, KeyId id) {
  auto row = store.key(id);
  if (!row) return Err{problem_of(row.error())};
  if (!caller.sees(row->account)) return Err{not_found()};
  return std::move(*row);
}

Result<std::optional<AccountId>, Problem> account_scope(const Call& call) {
  if (const auto wanted = call.query.find("account_id")) {
    const auto id = AccountId::parse(*wanted);
    if (!id || !call.caller.sees(*id)) return Err{not_found()};
    return id;
  }
  if (call.caller.is_operator()) return std::optional<AccountId>();
  if (call.caller.accounts.size() == 1) return std::optional(call.caller.accounts.front().account);
  return Err{invalid_parameter("account_id", "missing", "is required of a member of several accounts")};
}

Result<PageRequest, Problem> page_of(const Call& call) {
  constexpr std::size_t kLimitMax = 1000;
  PageRequest page{.after = 0, .limit = 101};
  std::vector<FieldError> errors;
  if (const auto text = call.query.find("limit")) {
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc() || end != text->data() + text->size() || limit < 1 || limit > kLimitMax) {
      errors.push_back(
          {.pointer = {}, .parameter = "limit", .code = "out_of_range", .message = "must be from 1 to 1000"});
    }
    page.limit = limit + 1;
  }
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  if (const auto text = call.query.find("after")) {
    const auto position = position_of_cursor(call, *text);
    if (!position) return Err{position.error()};
    page.after = *position;
  }
  return page;
}

bool query_flag(const Call& call, std::string_view parameter) noexcept {
  return call.query.find(parameter) == "true";
}

}  // namespace keyfence
