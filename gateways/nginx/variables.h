#pragma once

#include "gateways/nginx/nginx_api.h"

namespace keyfence::nginx {

// Adds $keyfence_decision and its kin; called before the configuration is read.
ngx_int_t add_variables(ngx_conf_t* cf) noexcept;

}  // namespace keyfence::nginx
