#pragma once

#include <vector>

#include "gateways/nginx/nginx_api.h"
#include "gateways/nginx/request_record.h"
#include "gateways/nginx/settings.h"
#include "gateways/nginx/upstream_headers.h"
#include "libs/policy/policy.h"
#include "libs/policy/presented_key.h"

namespace keyfence::nginx {

// What the module keeps of a client request, in the request's pool. nginx forgets a module's context at an internal
// redirect; this is found again by its node in the pool's list of cleanups.
struct RequestState {
  RequestRecord record;
  PresentedKey credential;                                // kept, for it may have been removed from the request
  IdentityText identity;                                  // what the upstream was told
  const std::vector<ScopeTag>* scopes_checked = nullptr;  // of the location that decided; null: none were required

  // Whether the decision that stands answers for this location too.
  [[nodiscard]] bool answers_for(const LocationConf& conf) const noexcept;
};

// The state of the client request that r is or serves (r may be a subrequest); nullptr if none was made.
[[nodiscard]] RequestState* find_state(ngx_http_request_t* r) noexcept;
// The same, made if need be; nullptr only without memory. May throw.
[[nodiscard]] RequestState* find_or_make_state(ngx_http_request_t* r, MainConf& main);

[[nodiscard]] inline MainConf& main_conf(ngx_http_request_t* r) noexcept {
  return *static_cast<MainConf*>(ngx_http_get_module_main_conf(r, ngx_http_keyfence_module));
}
[[nodiscard]] inline LocationConf& location_conf(ngx_http_request_t* r) noexcept {
  return *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_keyfence_module));
}

}  // namespace keyfence::nginx
