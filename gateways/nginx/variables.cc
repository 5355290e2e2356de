#include "gateways/nginx/variables.h"

#include <array>
#include <optional>
#include <string>

#include "gateways/nginx/request_state.h"

namespace keyfence::nginx {
namespace {

enum class Variable : std::uint8_t {
  kDecision,
  kReason,
  kLayer,
  kWouldDeny,
  kKey,
  kAccount,
  kRevision,
  kClientAddress,
  kRequestId
};

struct NamedVariable {
  std::string_view name;
  Variable variable;
};
constexpr std::array<NamedVariable, 9> kVariables = {{
    {"keyfence_decision", Variable::kDecision},
    {"keyfence_reason", Variable::kReason},
    {"keyfence_layer", Variable::kLayer},
    {"keyfence_would_deny", Variable::kWouldDeny},
    {"keyfence_key", Variable::kKey},
    {"keyfence_account", Variable::kAccount},
    {"keyfence_revision", Variable::kRevision},
    {"keyfence_client_address", Variable::kClientAddress},
    {"keyfence_request_id", Variable::kRequestId},
}};

// nullopt: the variable has no value, which a log shows as "-".
std::optional<std::string> text_of(Variable variable, const RequestRecord& record) {
  if (variable == Variable::kRequestId) return std::string(record.id.text());
  if (!record.decided()) return std::nullopt;
  const Decision& decision = *record.decision;
  const bool spared = decision.outcome == Outcome::kDeny && !record.refused();
  switch (variable) {
    case Variable::kDecision:
      return record.refused() ? "deny" : "allow";
    case Variable::kReason:
      return std::string(name(spared ? Reason::kAllowed : decision.reason));
    case Variable::kLayer:
      return std::string(name(record.refused() ? decision.layer : record.would_deny_layer()));
    case Variable::kWouldDeny:
      if (record.would_deny() == Reason::kAllowed) return std::nullopt;
      return std::string(name(record.would_deny()));
    case Variable::kKey:
      if (decision.key == KeyId()) return std::nullopt;
      return decision.key.text();
    case Variable::kAccount:
      if (decision.account == AccountId()) return std::nullopt;
      return decision.account.text();
    case Variable::kRevision:
      return std::to_string(decision.revision.value);
    case Variable::kClientAddress:
      return record.client.address ? record.client.address->text() : "unknown";
    case Variable::kRequestId:
      break;
  }
  return std::nullopt;
}

ngx_int_t set_value(ngx_http_request_t* r, ngx_http_variable_value_t* value, const std::string& text) noexcept {
  ngx_str_t source = borrowed(text);
  value->data = ngx_pstrdup(r->pool, &source);
  if (value->data == nullptr) return NGX_ERROR;
  value->len = static_cast<unsigned>(text.size() & 0x0FFFFFFF);
  value->valid = 1;
  value->no_cacheable = 0;
  value->not_found = 0;
  return NGX_OK;
}

ngx_int_t get_variable(ngx_http_request_t* r, ngx_http_variable_value_t* value, std::uintptr_t data) noexcept {
  try {
    value->not_found = 1;
    const RequestState* const state = find_state(r);
    if (state == nullptr) return NGX_OK;
    const std::optional<std::string> text = text_of(static_cast<Variable>(data), state->record);
    return text ? set_value(r, value, *text) : NGX_OK;
  } catch (...) {
    return NGX_ERROR;
  }
}

}  // namespace

ngx_int_t add_variables(ngx_conf_t* cf) noexcept {
  for (const NamedVariable& named : kVariables) {
    ngx_str_t name = borrowed(named.name);
    // Not cacheable: a value read before the decision must not stand for the one after it.
    ngx_http_variable_t* const added = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (added == nullptr) return NGX_ERROR;
    added->get_handler = get_variable;
    added->data = static_cast<std::uintptr_t>(named.variable);
  }
  return NGX_OK;
}

}  // namespace keyfence::nginx
