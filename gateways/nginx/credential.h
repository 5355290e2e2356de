#pragma once

#include "gateways/nginx/header_list.h"
#include "gateways/nginx/settings.h"
#include "libs/policy/presented_key.h"

namespace keyfence::nginx {

// The key that a request shows: what stands in the first of the places that holds one. A place that occurs twice (two
// Authorization lines, a repeated argument) is malformed, for nobody can say which one the upstream would read.
[[nodiscard]] PresentedKey find_credential(const ngx_http_request_t* r, const CredentialPlaces& places) noexcept;

// Takes what stands in any of the places out of the request: header lines, arguments, request URI and request line, and
// the variables that nginx made of them. Authorization with another scheme than Bearer stays.
[[nodiscard]] Removal remove_credentials(ngx_http_request_t* r, const CredentialPlaces& places) noexcept;

}  // namespace keyfence::nginx
