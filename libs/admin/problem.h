#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/admin/http/message.h"
#include "libs/store/control_store.h"

namespace keyfence {

// One thing that is wrong with the input. Either pointer (RFC 6901, into the body) or parameter (of the query, or a
// header) says where.
struct FieldError {
  std::string pointer;
  std::string parameter = {};
  std::string code;
  std::string message;
  std::vector<std::string> suggestions = {};
  std::string standing_id = {};
};

// An error as the API answers it: RFC 9457 with a stable code. log_detail never leaves the log.
struct Problem {
  int status = 500;
  std::string code;
  std::string detail;
  std::vector<FieldError> errors = {};
  std::string standing_id = {};
  std::optional<boost::json::array> lines = {};           // of an import
  std::optional<boost::json::object> changed_since = {};  // of a 412
  std::vector<HttpHeader> headers = {};
  std::string log_detail = {};
};

[[nodiscard]] Problem not_found();
[[nodiscard]] Problem forbidden(std::string detail);
[[nodiscard]] Problem key_revoked();  // 409: a revoked key stays revoked
// Of more errors than these the first are told. Whoever collects errors stops when there are more.
inline constexpr std::size_t kFieldErrorsTold = 1'000;
// 422 invalid_input; 409 duplicate_entry if all that is wrong is entries that stand already.
[[nodiscard]] Problem invalid_input(std::vector<FieldError> errors);
[[nodiscard]] Problem invalid_parameter(std::string parameter, std::string code, std::string message);
[[nodiscard]] Problem problem_of(const StoreError& error);

[[nodiscard]] HttpResponse render(Problem problem, std::string_view request_id);

}  // namespace keyfence
