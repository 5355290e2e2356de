#pragma once

#include "gateways/nginx/nginx_api.h"
#include "gateways/nginx/request_record.h"
#include "gateways/nginx/settings.h"

namespace keyfence::nginx {

// Appends one request, as it ended, to the worker's spool; does nothing where there is none. What cannot be appended is
// counted by the spool, and said in the error log when it begins.
void log_usage(ngx_http_request_t* r, MainConf& main, const RequestRecord& record) noexcept;

}  // namespace keyfence::nginx
