#include "gateways/nginx/upstream_headers.h"

#include <algorithm>
#include <array>

namespace keyfence::nginx {
namespace {

constexpr HeaderName kKey{"X-Keyfence-Key", "x-keyfence-key"};
constexpr HeaderName kAccount{"X-Keyfence-Account", "x-keyfence-account"};
constexpr HeaderName kRequestId{"X-Request-Id", "x-request-id"};

// Whether CGI and its kin make one variable of both names: every byte but letters and digits becomes '_'.
bool same_for_cgi(std::string_view lower_name, std::string_view ours) noexcept {
  return std::equal(lower_name.begin(), lower_name.end(), ours.begin(), ours.end(), [](char theirs, char own) {
    if (own != '-') return theirs == own;
    return !(theirs >= 'a' && theirs <= 'z') && !(theirs >= '0' && theirs <= '9');
  });
}

bool tells_identity(std::string_view lower_name) noexcept {
  return same_for_cgi(lower_name, kKey.lower) || same_for_cgi(lower_name, kAccount.lower);
}

// The lengths of our names, told first: hardly any other header has one of them.
bool may_tell_identity(std::string_view lower_name) noexcept {
  return lower_name.size() == kKey.lower.size() || lower_name.size() == kAccount.lower.size();
}
bool may_be_identity_header(std::string_view lower_name) noexcept {
  return may_tell_identity(lower_name) || lower_name.size() == kRequestId.lower.size();
}

std::string_view lower_name_of(const ngx_table_elt_t& line) noexcept {
  return {reinterpret_cast<const char*>(line.lowcase_key), line.key.len};
}

}  // namespace

bool is_identity_header(std::string_view lower_name) noexcept {
  return tells_identity(lower_name) || same_for_cgi(lower_name, kRequestId.lower);
}

Removal remove_identity_headers(ngx_http_request_t* r) noexcept {
  return remove_headers(r->headers_in.headers, [](const ngx_table_elt_t& line) noexcept {
    const std::string_view name = lower_name_of(line);
    return may_be_identity_header(name) && is_identity_header(name);
  });
}

bool tell_request_id(ngx_http_request_t* r, const RequestId& id) noexcept {
  return add_request_header(r, kRequestId, id.text());
}

bool tell_identity(ngx_http_request_t* r, const RequestRecord& record, IdentityText& text) {
  const Removal removal = remove_headers(r->headers_in.headers, [](const ngx_table_elt_t& line) noexcept {
    const std::string_view name = lower_name_of(line);
    return may_tell_identity(name) && tells_identity(name);
  });
  if (removal != Removal::kDone) return false;
  if (!record.key_is_good()) return true;
  text.key = record.decision->key.text_chars();
  text.account = record.decision->account.text_chars();
  return add_request_header(r, kKey, {text.key.data(), text.key.size()}) &&
         add_request_header(r, kAccount, {text.account.data(), text.account.size()});
}

}  // namespace keyfence::nginx
