#pragma once

#include "gateways/nginx/nginx_api.h"
#include "gateways/nginx/request_record.h"

namespace keyfence::nginx {

// Answers a refused request and ends it: status, body in the error style of its account, WWW-Authenticate with a 401.
// The answer is sent from here and never handed to error_page, so that no other location can take the request up. What
// the client still sends of a body is discarded. Afterwards r must not be touched: return NGX_DONE.
void send_denial(ngx_http_request_t* r, const RequestRecord& record) noexcept;

}  // namespace keyfence::nginx
