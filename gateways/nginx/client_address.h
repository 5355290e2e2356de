#pragma once

#include <optional>

#include "gateways/nginx/nginx_api.h"
#include "gateways/nginx/settings.h"
#include "libs/net/client_address.h"

namespace keyfence::nginx {

// The address of the connection as nginx has it now: the peer's in the post-read phase, before realip; what realip made
// of it afterwards. nullopt for a unix socket.
[[nodiscard]] std::optional<IpAddress> connection_address(const ngx_http_request_t* r) noexcept;

// Whose address the request came from: by the location's trusted proxies where they are set, starting at the peer;
// otherwise the connection's address, so that realip works as its users expect.
[[nodiscard]] ClientAddress client_address(const ngx_http_request_t* r, const LocationConf& conf,
                                           const std::optional<IpAddress>& peer) noexcept;

}  // namespace keyfence::nginx
