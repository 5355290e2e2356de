#include "libs/admin/problem.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

namespace keyfence {
namespace {

namespace json = boost::json;

std::string_view title_of(int status) noexcept {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

json::object render_field(const FieldError& error) {
  json::object out;
  if (error.parameter.empty()) {
    out["pointer"] = error.pointer;
  } else {
    out["parameter"] = error.parameter;
  }
  out["code"] = error.code;
  out["message"] = error.message;
  if (!error.suggestions.empty()) out["suggestions"] = json::array(error.suggestions.begin(), error.suggestions.end());
  if (!error.standing_id.empty()) out["standing_id"] = error.standing_id;
  return out;
}

}  // namespace

Problem not_found() {
  return {.status = 404, .code = "not_found", .detail = "There is no such thing."};
}

Problem forbidden(std::string detail) {
  return {.status = 403, .code = "forbidden", .detail = std::move(detail)};
}

Problem key_revoked() {
  return {.status = 409, .code = "key_revoked", .detail = "The key is revoked, and that is final."};
}

Problem invalid_input(std::vector<FieldError> errors) {
  Problem problem{.status = 422, .code = "invalid_input", .detail = "Something in the input is wrong; see errors."};
  const bool all_stand_already = std::all_of(errors.begin(), errors.end(), [](const FieldError& error) {
    return error.code == "duplicate_entry" && !error.standing_id.empty();
  });
  if (all_stand_already && !errors.empty()) {
    problem.status = 409;
    problem.code = "duplicate_entry";
    problem.detail = "The list holds this entry already.";
    problem.standing_id = errors.front().standing_id;
  }
  if (errors.size() > kFieldErrorsTold) {
    errors.erase(errors.begin() + kFieldErrorsTold, errors.end());
    problem.detail += " There are more than the " + std::to_string(kFieldErrorsTold) + " that are told.";
  }
  problem.errors = std::move(errors);
  return problem;
}

Problem invalid_parameter(std::string parameter, std::string code, std::string message) {
  return invalid_input(
      {{.pointer = {}, .parameter = std::move(parameter), .code = std::move(code), .message = std::move(message)}});
}

Problem problem_of(const StoreError& error) {
  Problem problem{.code = {}, .detail = {}, .log_detail = error.message + ": " + error.detail};
  const auto is = [&](int status, std::string code, std::string detail) {
    problem.status = status;
    problem.code = std::move(code);
    problem.detail = std::move(detail);
  };
  switch (error.code) {
    case StoreError::Code::kNotFound:
      is(404, "not_found", "There is no such thing.");
      break;
    case StoreError::Code::kDuplicate:
      is(409, "duplicate_entry", error.message);  // names and digests are looked up before they are written
      break;
    case StoreError::Code::kPrecondition:
      is(409, "conflict", error.message);
      break;
    case StoreError::Code::kBusy:
      is(503, "store_busy", "The store is in use by something else; try again.");
      break;
    case StoreError::Code::kNoSpace:
      is(503, "store_full", "The disk of the store is full: nothing was changed.");
      break;
    case StoreError::Code::kReadOnly:
      is(503, "store_read_only", "The store cannot be written: nothing was changed.");
      break;
    case StoreError::Code::kCorrupt:
    case StoreError::Code::kNewer:
    case StoreError::Code::kFailed:
      is(500, "internal_error", "The store failed; the log has the reason under this request id.");
      break;
  }
  return problem;
}

HttpResponse render(Problem problem, std::string_view request_id) {
  json::object body;
  body["type"] = "urn:keyfence:problem:" + problem.code;
  body["title"] = title_of(problem.status);
  body["status"] = problem.status;
  body["code"] = problem.code;
  body["detail"] = problem.detail;
  body["request_id"] = request_id;
  if (!problem.errors.empty()) {
    json::array errors;
    errors.reserve(problem.errors.size());
    for (const FieldError& error : problem.errors) errors.emplace_back(render_field(error));
    body["errors"] = std::move(errors);
  }
  if (!problem.standing_id.empty()) body["standing_id"] = problem.standing_id;
  if (problem.changed_since) body["changed_since"] = std::move(*problem.changed_since);
  if (problem.lines) body["lines"] = std::move(*problem.lines);
  return {.status = problem.status,
          .content_type = "application/problem+json",
          .body = json::serialize(body),
          .headers = std::move(problem.headers)};
}

}  // namespace keyfence
