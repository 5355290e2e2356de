#include "libs/admin/routes/audit/filter.h"

#include <optional>

#include "libs/admin/routes/routes.h"

namespace keyfence::routes::audit {
namespace {

std::optional<Timestamp> read_time(const Call& call, std::string_view parameter, std::vector<FieldError>& errors) {
  const auto text = call.query.find(parameter);
  if (!text) return std::nullopt;
  const auto time = parse_rfc3339(*text);
  if (!time) {
    errors.push_back({.pointer = {},
                      .parameter = std::string(parameter),
                      .code = "not_a_time",
                      .message = "must be a time such as 2026-12-31T00:00:00Z"});
  }
  return time;
}

std::optional<AuditOutcome> read_outcome(const Call& call, std::vector<FieldError>& errors) {
  const auto text = call.query.find("outcome");
  if (!text) return std::nullopt;
  if (*text == "done") return AuditOutcome::kDone;
  if (*text == "denied") return AuditOutcome::kDenied;
  errors.push_back(
      {.pointer = {}, .parameter = "outcome", .code = "not_an_outcome", .message = "must be done or denied"});
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> filter_parameters() {
  return {"account_id", "actor", "action", "subject", "outcome", "from", "until"};
}

std::vector<std::string_view> list_parameters() {
  std::vector<std::string_view> parameters = filter_parameters();
  parameters.insert(parameters.end(), {"after", "limit"});
  return parameters;
}

Result<AuditFilter, Problem> filter_of(const Call& call) {
  // Lines of a deleted account stay readable for the operator: whether it still stands is not asked.
  const auto account = account_scope(call);
  if (!account) return Err{account.error()};
  std::vector<FieldError> errors;
  AuditFilter filter;
  filter.account = *account;
  filter.actor = call.query.find("actor").value_or("");
  filter.action = call.query.find("action").value_or("");
  filter.subject = call.query.find("subject").value_or("");
  filter.outcome = read_outcome(call, errors);
  filter.from = read_time(call, "from", errors);
  filter.until = read_time(call, "until", errors);
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return filter;
}

}  // namespace keyfence::routes::audit
