#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateways/nginx/settings.h"

namespace keyfence::nginx {

// Reads one argument of keyfence_credential ("bearer", "header:X-API-Key", "query:api_key") onto places. Answers what
// is wrong with it, or an empty text. May throw for want of memory.
[[nodiscard]] std::string add_credential_place(ngx_conf_t* cf, std::string_view text, CredentialPlaces& places);

// "bearer header:X-API-Key".
[[nodiscard]] std::shared_ptr<const CredentialPlaces> default_credential_places(ngx_conf_t* cf);

}  // namespace keyfence::nginx
