#pragma once

#include <string_view>

#include "gateways/nginx/header_list.h"
#include "gateways/nginx/request_record.h"

namespace keyfence::nginx {

// What the upstream learns of a request: X-Keyfence-Key, X-Keyfence-Account and X-Request-Id. The upstream may trust
// them: what a client sends under these names, or under one that CGI would spell alike (X_Keyfence_Key), is removed
// from every request, fenced or not.

// The values of X-Keyfence-Key and X-Keyfence-Account.
struct IdentityText {
  decltype(KeyId().text_chars()) key{};
  decltype(AccountId().text_chars()) account{};
};

[[nodiscard]] bool is_identity_header(std::string_view lower_name) noexcept;

[[nodiscard]] Removal remove_identity_headers(ngx_http_request_t* r) noexcept;
// False: no memory. The id has to live as long as the request.
[[nodiscard]] bool tell_request_id(ngx_http_request_t* r, const RequestId& id) noexcept;
// Says whose request it is, in place of what an earlier location said; nothing if the key is not good. May throw.
// The text has to live as long as the request.
[[nodiscard]] bool tell_identity(ngx_http_request_t* r, const RequestRecord& record, IdentityText& text);

}  // namespace keyfence::nginx
