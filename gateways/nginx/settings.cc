#include "gateways/nginx/settings.h"

#include <algorithm>
#include <new>
#include <type_traits>
#include <utility>

#include "gateways/nginx/credential_places.h"
#include "gateways/nginx/pool.h"

namespace keyfence::nginx {
namespace {

static_assert(std::is_standard_layout_v<LocationSettings>);

char* const kReported = static_cast<char*>(NGX_CONF_ERROR);

void merge(ngx_conf_t* cf, const LocationConf& parent, LocationConf& child) {
  ngx_conf_merge_uint_value(child.mode, parent.mode, static_cast<ngx_uint_t>(FenceMode::kOff));
  ngx_conf_merge_value(child.pass_credential, parent.pass_credential, 0);
  ngx_conf_merge_value(child.log_query, parent.log_query, 0);
  if (!child.places) child.places = parent.places;
  if (!child.places) child.places = default_credential_places(cf);
  if (!child.scopes) child.scopes = parent.scopes;
  if (!child.trusted_proxies) child.trusted_proxies = parent.trusted_proxies;
  if (!child.address_header) child.address_header = parent.address_header;
}

// Which block a message is about: nginx names the line where the http block ends, for these are found out then.
ngx_str_t block_name(const ngx_http_core_loc_conf_t* core) noexcept {
  return core->name.len == 0 ? borrowed("server") : core->name;
}

char* judge(ngx_conf_t* cf, const LocationConf& conf) noexcept {
  const auto* const main =
      static_cast<const MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_keyfence_module));
  const auto* const core =
      static_cast<const ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  ngx_str_t block = block_name(core);
  if (conf.fence_mode() == FenceMode::kOff) return nullptr;
  if (conf.address_header && !conf.trusted_proxies) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "keyfence_client_address_header needs keyfence_trusted_proxies, in \"%V\": a header is read "
                       "only from a proxy that is trusted",
                       &block);
    return kReported;
  }
  if (!main->active()) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "keyfence needs keyfence_policy in the http block, in \"%V\"", &block);
    return kReported;
  }
  const bool key_in_query = std::any_of(conf.places->begin(), conf.places->end(), [](const CredentialPlace& place) {
    return place.kind == CredentialPlace::Kind::kQuery;
  });
  if (key_in_query && conf.pass_credential == 1 && conf.log_query == 1) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "keyfence_log_query with keyfence_pass_credential, in \"%V\": keys in the query string would "
                       "stand in the usage log",
                       &block);
    return kReported;
  }
  if (core->satisfy == NGX_HTTP_SATISFY_ANY) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"satisfy any\" cannot stand where keyfence does, in \"%V\": a request that another access "
                       "check allows would pass without a key",
                       &block);
    return kReported;
  }
  return nullptr;
}

}  // namespace

Worker& MainConf::make_worker() {
  std::optional<SpoolOptions> usage_log;
  const std::string spool = usage_dir.value_or(policy_dir + "/spool");
  if (!spool.empty()) {
    usage_log.emplace();
    usage_log->dir = spool;
    if (spool_bytes_max != 0) usage_log->spool_bytes_max = spool_bytes_max;
    usage_log->gateway = gateway.empty() ? std::string(view(const_cast<ngx_cycle_t*>(ngx_cycle)->hostname)) : gateway;
  }
  auto made = std::make_unique<Worker>(policy_dir, std::move(usage_log));
  watch = std::make_unique<PolicyWatch>(made->image());
  worker = std::move(made);
  watch->start(ngx_cycle->log);
  return *worker;
}

void* create_main_conf(ngx_conf_t* cf) noexcept {
  try {
    return make_in_pool<MainConf>(cf->pool);
  } catch (...) {
    return nullptr;
  }
}

void* create_location_conf(ngx_conf_t* cf) noexcept {
  try {
    return make_in_pool<LocationConf>(cf->pool);
  } catch (...) {
    return nullptr;
  }
}

char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
  try {
    auto& merged = *static_cast<LocationConf*>(child);
    merge(cf, *static_cast<const LocationConf*>(parent), merged);
    return judge(cf, merged);
  } catch (...) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "keyfence: out of memory");
    return kReported;
  }
}

}  // namespace keyfence::nginx
