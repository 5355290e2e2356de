#pragma once

#include "gateways/nginx/nginx_api.h"

namespace keyfence::nginx {

// nginx's phases, in the order in which a request meets them. None throws; where one cannot do its work, the request is
// refused.

// Post-read: gives the request its id, keeps the peer's address before realip changes it, and removes what a client
// sends under the names by which the upstream is told who calls.
ngx_int_t on_request_read(ngx_http_request_t* r) noexcept;

// Access: finds the key, decides, and refuses or lets go on (NGX_DECLINED: other access checks have their say too).
// Decided once for a client request; again only where an internal redirect leads to a location that asks for more. A
// denial stands, wherever the request is led.
ngx_int_t on_access(ngx_http_request_t* r) noexcept;

// Header filter: X-Request-Id on every answer, in place of an upstream's.
ngx_int_t on_response_header(ngx_http_request_t* r) noexcept;

// Log: hands every request that the fence decided to the usage log; reports, once for a location and worker, that a
// fenced location answered without having asked the fence.
ngx_int_t on_log(ngx_http_request_t* r) noexcept;

}  // namespace keyfence::nginx
