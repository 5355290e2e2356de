#include "gateways/nginx/fence.h"
#include "gateways/nginx/nginx_api.h"
#include "gateways/nginx/settings.h"
#include "gateways/nginx/variables.h"

// What nginx calls: the table of hooks, and the hooks that tie the rest together.
namespace keyfence::nginx {
namespace {

bool add_phase_handler(ngx_http_core_main_conf_t* core, ngx_http_phases phase, ngx_http_handler_pt handler) noexcept {
  auto* const slot = static_cast<ngx_http_handler_pt*>(ngx_array_push(&core->phases[phase].handlers));
  if (slot == nullptr) return false;
  *slot = handler;
  return true;
}

// Puts the module to work, if there is a policy to work by.
ngx_int_t install(ngx_conf_t* cf) noexcept {
  auto& main = *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_keyfence_module));
  if (!main.active()) return NGX_OK;
  auto* const core =
      static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  if (!add_phase_handler(core, NGX_HTTP_POST_READ_PHASE, on_request_read) ||
      !add_phase_handler(core, NGX_HTTP_ACCESS_PHASE, on_access) ||
      !add_phase_handler(core, NGX_HTTP_LOG_PHASE, on_log)) {
    return NGX_ERROR;
  }
  main.next_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = on_response_header;
  return NGX_OK;
}

ngx_int_t start_worker(ngx_cycle_t* cycle) noexcept {
  // A configuration without an http block has no main configuration of ours.
  auto* const main = static_cast<MainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_keyfence_module));
  if (main == nullptr || !main->active()) return NGX_OK;
  if (ngx_process == NGX_PROCESS_HELPER) return NGX_OK;  // the cache's manager and loader serve nobody
  try {
    (void)main->worker_state();
    return NGX_OK;
  } catch (...) {
    ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "keyfence: the worker cannot be made ready");
    return NGX_ERROR;
  }
}

ngx_http_module_t kHttpModule = {
    add_variables,         // before the configuration is read
    install,               // after it
    create_main_conf,      // main
    nullptr,               //
    nullptr,               // server
    nullptr,               //
    create_location_conf,  // location
    merge_location_conf,   //
};

}  // namespace
}  // namespace keyfence::nginx

ngx_module_t ngx_http_keyfence_module = {
    NGX_MODULE_V1,
    &keyfence::nginx::kHttpModule,
    keyfence::nginx::directives,
    NGX_HTTP_MODULE,
    nullptr,                        // master
    nullptr,                        // module
    keyfence::nginx::start_worker,  // process
    nullptr,                        // thread
    nullptr,                        // exit of a thread
    nullptr,                        // exit of a process: what the worker holds goes with the cycle's pool
    nullptr,                        // exit of the master
    NGX_MODULE_V1_PADDING,
};
