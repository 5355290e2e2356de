#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateways/nginx/nginx_api.h"
#include "gateways/nginx/policy_watch.h"
#include "gateways/nginx/request_record.h"
#include "gateways/nginx/worker.h"
#include "libs/net/address_set.h"
#include "libs/policy/policy.h"

namespace keyfence::nginx {

inline constexpr std::size_t kCredentialPlacesMax = 8;

// One place of a request where a key may stand.
struct CredentialPlace {
  enum class Kind : std::uint8_t { kBearer, kHeader, kQuery };
  Kind kind = Kind::kBearer;
  std::string name;                   // of the header, lower case, or of the query argument
  std::vector<ngx_uint_t> variables;  // nginx's variables that may hold a copy of what stands there
};
using CredentialPlaces = std::vector<CredentialPlace>;

// The header in which trusted proxies tell the client's address.
struct AddressHeader {
  ForwardedHeader kind = ForwardedHeader::kXForwardedFor;
  std::string_view name = "x-forwarded-for";  // lower case; of static storage
};

// What nginx's own directive functions write, by offset: plain data, first in its class.
struct LocationSettings {
  ngx_uint_t mode = NGX_CONF_UNSET_UINT;  // a FenceMode
  ngx_flag_t pass_credential = NGX_CONF_UNSET;
  ngx_flag_t log_query = NGX_CONF_UNSET;
};

// The configuration of a location. What is null is inherited.
struct LocationConf : LocationSettings {
  std::shared_ptr<const CredentialPlaces> places;
  std::shared_ptr<const std::vector<ScopeTag>> scopes;
  std::shared_ptr<const AddressSet> trusted_proxies;  // null after merging: the connection's address counts
  std::optional<AddressHeader> address_header;
  bool unfenced_answer_reported = false;  // in this worker

  [[nodiscard]] FenceMode fence_mode() const noexcept { return static_cast<FenceMode>(mode); }
};

// The configuration of the http block. One instance a cycle; a worker's state hangs on it, so that nothing is static.
struct MainConf {
  std::string policy_dir;                // empty: no keyfence_policy, and the module does nothing at all
  std::optional<std::string> usage_dir;  // the spool; nullopt: policy_dir/spool, where the daemon makes it; empty: off
  std::size_t spool_bytes_max = 0;       // 0: nothing said
  std::string gateway;                   // this gateway's name in the usage log; empty: the host's
  ngx_http_output_header_filter_pt next_header_filter = nullptr;
  std::unique_ptr<Worker> worker;  // made in the worker process
  std::unique_ptr<PolicyWatch> watch;

  [[nodiscard]] bool active() const noexcept { return !policy_dir.empty(); }
  // The worker's state, made now if the process was started without init_process (nginx reloads a single process so).
  // May throw.
  [[nodiscard]] Worker& worker_state() { return worker ? *worker : make_worker(); }

 private:
  Worker& make_worker();
};

}  // namespace keyfence::nginx

extern "C" ngx_module_t ngx_http_keyfence_module;

namespace keyfence::nginx {

extern ngx_command_t directives[];

// nginx's hooks for making and merging configurations.
void* create_main_conf(ngx_conf_t* cf) noexcept;
void* create_location_conf(ngx_conf_t* cf) noexcept;
char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child) noexcept;

}  // namespace keyfence::nginx
