#include <algorithm>
#include <array>
#include <filesystem>
#include <new>
#include <span>
#include <string>
#include <system_error>

#include "gateways/nginx/credential_places.h"
#include "gateways/nginx/settings.h"
#include "libs/net/entry_syntax.h"
#include "libs/usage/spool_format.h"

// The directives: each reads its arguments to a finished value, or says at `nginx -t` what is wrong.
namespace keyfence::nginx {
namespace {

// What nginx takes for "this failed, and the reason has been logged".
char* const kReported = static_cast<char*>(NGX_CONF_ERROR);
constexpr char* kNoProblem = nullptr;

std::span<const ngx_str_t> arguments(const ngx_conf_t* cf) noexcept {
  return std::span(static_cast<const ngx_str_t*>(cf->args->elts), cf->args->nelts).subspan(1);
}

char* report(ngx_conf_t* cf, const ngx_command_t* command, std::string_view problem) noexcept {
  ngx_str_t text = borrowed(problem);
  ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V: %V", &command->name, &text);
  return kReported;
}

// A directive may stand once in a block: `read` sets it, unless it is set.
template <class Read>
char* read_once(ngx_conf_t* cf, const ngx_command_t* command, bool is_set, Read read) noexcept {
  try {
    if (is_set) return report(cf, command, "given twice in one block");
    const std::string problem = read();
    return problem.empty() ? kNoProblem : report(cf, command, problem);
  } catch (...) {
    return report(cf, command, "out of memory");
  }
}

char* read_policy(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  auto& main = *static_cast<MainConf*>(conf);
  return read_once(cf, command, main.active(), [&]() -> std::string {
    ngx_str_t name = arguments(cf)[0];
    if (name.len == 0) return "the directory's name is empty";
    if (ngx_conf_full_name(cf->cycle, &name, 0) != NGX_OK) return "out of memory";
    // It may appear later: until then requests are refused with 503.
    std::error_code ignored;
    if (std::filesystem::exists(view(name), ignored) && !std::filesystem::is_directory(view(name), ignored)) {
      return "\"" + std::string(view(name)) + "\" is not a directory";
    }
    main.policy_dir = view(name);
    return {};
  });
}

char* read_usage_log(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  auto& main = *static_cast<MainConf*>(conf);
  return read_once(cf, command, main.usage_dir.has_value(), [&]() -> std::string {
    ngx_str_t name = arguments(cf)[0];
    if (name.len == 0) return "the directory's name is empty";
    if (view(name) == "off") {
      main.usage_dir.emplace();
      return {};
    }
    if (ngx_conf_full_name(cf->cycle, &name, 0) != NGX_OK) return "out of memory";
    main.usage_dir = view(name);
    return {};
  });
}

char* read_spool_bytes_max(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  auto& main = *static_cast<MainConf*>(conf);
  return read_once(cf, command, main.spool_bytes_max != 0, [&]() -> std::string {
    constexpr off_t kLeast = off_t{2} << 20;
    constexpr off_t kMost = off_t{1} << 40;
    ngx_str_t size = arguments(cf)[0];
    const off_t bytes = ngx_parse_offset(&size);
    if (bytes < kLeast || bytes > kMost) return "a size from 2m to 1024g is wanted";
    main.spool_bytes_max = static_cast<std::size_t>(bytes);
    return {};
  });
}

char* read_gateway_name(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  auto& main = *static_cast<MainConf*>(conf);
  return read_once(cf, command, !main.gateway.empty(), [&]() -> std::string {
    const std::string_view typed = view(arguments(cf)[0]);
    if (typed.empty() || typed.size() > spool::kGatewayBytesMax) return "a name of 1 to 64 bytes is wanted";
    main.gateway = typed;
    return {};
  });
}

char* read_credential(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  auto& location = *static_cast<LocationConf*>(conf);
  return read_once(cf, command, location.places != nullptr, [&]() -> std::string {
    auto places = std::make_shared<CredentialPlaces>();
    for (const ngx_str_t& argument : arguments(cf)) {
      std::string problem = add_credential_place(cf, view(argument), *places);
      if (!problem.empty()) return problem;
    }
    location.places = std::move(places);
    return {};
  });
}

char* read_scope(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  auto& location = *static_cast<LocationConf*>(conf);
  return read_once(cf, command, location.scopes != nullptr, [&]() -> std::string {
    auto scopes = std::make_shared<std::vector<ScopeTag>>();
    for (const ngx_str_t& argument : arguments(cf)) {
      if (!is_scope_name(view(argument))) {
        return "\"" + std::string(view(argument)) + "\" is no scope: 1 to 64 of a-z A-Z 0-9 . _ - : / *";
      }
      scopes->push_back(scope_tag(view(argument)));
    }
    std::sort(scopes->begin(), scopes->end());
    scopes->erase(std::unique(scopes->begin(), scopes->end()), scopes->end());
    if (scopes->size() > kScopesPerKeyMax) return "more than 32 scopes: no key could have them all";
    location.scopes = std::move(scopes);
    return {};
  });
}

char* read_trusted_proxies(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  auto& location = *static_cast<LocationConf*>(conf);
  return read_once(cf, command, location.trusted_proxies != nullptr, [&]() -> std::string {
    AddressSetBuilder builder;
    for (const ngx_str_t& argument : arguments(cf)) {
      if (view(argument) == "none") {
        if (arguments(cf).size() > 1) return "\"none\" stands alone";
        continue;
      }
      const Result<ParsedEntry, EntryError> parsed = parse_entry(view(argument));
      if (!parsed.ok()) return "\"" + std::string(view(argument)) + "\": " + parsed.error().message;
      builder.add(parsed->range);
    }
    location.trusted_proxies = std::make_shared<const AddressSet>(std::move(builder).build());
    return {};
  });
}

struct NamedAddressHeader {
  std::string_view typed;
  AddressHeader header;
};
// A closed list: with a mistyped name every request would seem to come from the proxy itself.
constexpr std::array<NamedAddressHeader, 6> kAddressHeaders = {{
    {"X-Forwarded-For", {ForwardedHeader::kXForwardedFor, "x-forwarded-for"}},
    {"Forwarded", {ForwardedHeader::kForwarded, "forwarded"}},
    {"X-Real-IP", {ForwardedHeader::kSingleAddress, "x-real-ip"}},
    {"CF-Connecting-IP", {ForwardedHeader::kSingleAddress, "cf-connecting-ip"}},
    {"True-Client-IP", {ForwardedHeader::kSingleAddress, "true-client-ip"}},
    {"Fastly-Client-IP", {ForwardedHeader::kSingleAddress, "fastly-client-ip"}},
}};

char* read_address_header(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  auto& location = *static_cast<LocationConf*>(conf);
  return read_once(cf, command, location.address_header.has_value(), [&]() -> std::string {
    const ngx_str_t& typed = arguments(cf)[0];
    std::string known;
    for (const NamedAddressHeader& candidate : kAddressHeaders) {
      if (typed.len == candidate.typed.size() &&
          ngx_strncasecmp(typed.data, borrowed(candidate.typed).data, typed.len) == 0) {
        location.address_header = candidate.header;
        return {};
      }
      known += (known.empty() ? "" : ", ") + std::string(candidate.typed);
    }
    return "\"" + std::string(view(typed)) + "\" is none of " + known;
  });
}

ngx_conf_enum_t kModes[] = {
    {borrowed("off"), static_cast<ngx_uint_t>(FenceMode::kOff)},
    {borrowed("on"), static_cast<ngx_uint_t>(FenceMode::kOn)},
    {borrowed("monitor"), static_cast<ngx_uint_t>(FenceMode::kMonitor)},
    {ngx_null_string, 0},
};

constexpr ngx_uint_t kAnyBlock = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

}  // namespace

// clang-format off
ngx_command_t directives[] = {
    {borrowed("keyfence"), kAnyBlock | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationSettings, mode), kModes},
    {borrowed("keyfence_policy"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, read_policy,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {borrowed("keyfence_usage_log"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, read_usage_log,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {borrowed("keyfence_spool_bytes_max"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, read_spool_bytes_max,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {borrowed("keyfence_gateway_name"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, read_gateway_name,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {borrowed("keyfence_log_query"), kAnyBlock | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationSettings, log_query), nullptr},
    {borrowed("keyfence_credential"), kAnyBlock | NGX_CONF_1MORE, read_credential,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {borrowed("keyfence_scope"), kAnyBlock | NGX_CONF_1MORE, read_scope,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {borrowed("keyfence_pass_credential"), kAnyBlock | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationSettings, pass_credential), nullptr},
    {borrowed("keyfence_trusted_proxies"), kAnyBlock | NGX_CONF_1MORE, read_trusted_proxies,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {borrowed("keyfence_client_address_header"), kAnyBlock | NGX_CONF_TAKE1, read_address_header,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    ngx_null_command,
};
// clang-format on

}  // namespace keyfence::nginx
