#include "gateways/nginx/denial.h"

#include <span>

#include "libs/policy/denial_body.h"

namespace keyfence::nginx {
namespace {

bool add_response_header(ngx_http_request_t* r, std::string_view name, std::string_view value,
                         ngx_table_elt_t** known) noexcept {
  auto* const line = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
  if (line == nullptr) return false;
  *line = ngx_table_elt_t{};
  line->hash = 1;
  line->key = borrowed(name);
  line->value = borrowed(value);
  if (known != nullptr) *known = line;
  return true;
}

// The body in a buffer of the request's pool; nullptr without memory.
ngx_buf_t* make_body(ngx_http_request_t* r, const RequestRecord& record) noexcept {
  ngx_buf_t* const buffer = ngx_create_temp_buf(r->pool, kDenialBodyBytesMax);
  if (buffer == nullptr) return nullptr;
  const Decision& decision = *record.decision;
  const DenialBody body = render_denial(decision.error_style, decision.reason, record.id.text(),
                                        std::span(reinterpret_cast<char*>(buffer->start), kDenialBodyBytesMax));
  buffer->pos = borrowed(body.text).data;
  buffer->last = buffer->pos + body.text.size();
  buffer->last_buf = 1;
  buffer->last_in_chain = 1;
  r->headers_out.content_type = borrowed(body.content_type);
  r->headers_out.content_type_len = body.content_type.size();
  r->headers_out.content_type_lowcase = nullptr;
  r->headers_out.content_length_n = static_cast<off_t>(body.text.size());
  return buffer;
}

// What is left to do is said by the answer: NGX_OK and the like, or NGX_ERROR to drop the connection.
ngx_int_t answer(ngx_http_request_t* r, const RequestRecord& record) noexcept {
  // A body that cannot be read to its end costs the connection its keepalive, not the client its answer.
  if (ngx_http_discard_request_body(r) != NGX_OK) r->keepalive = 0;

  // After an internal redirect there may be headers of an upstream's answer.
  ngx_http_clean_header(r);
  ngx_buf_t* const body = make_body(r, record);
  if (body == nullptr) return NGX_ERROR;
  const auto status = static_cast<ngx_uint_t>(http_status(record.decision->reason));
  r->headers_out.status = status;
  r->err_status = 0;
  if (!add_response_header(r, "Cache-Control", "no-store", nullptr)) return NGX_ERROR;
  if (status == NGX_HTTP_UNAUTHORIZED &&
      !add_response_header(r, "WWW-Authenticate", "Bearer", &r->headers_out.www_authenticate)) {
    return NGX_ERROR;
  }

  const ngx_int_t sent = ngx_http_send_header(r);
  // A status would take nginx to error_page: a filter that fails may not lift the denial.
  if (sent == NGX_ERROR || sent > NGX_OK) return NGX_ERROR;
  if (r->header_only) return sent;
  ngx_chain_t out{body, nullptr};
  const ngx_int_t written = ngx_http_output_filter(r, &out);
  return written > NGX_OK ? NGX_ERROR : written;
}

}  // namespace

void send_denial(ngx_http_request_t* r, const RequestRecord& record) noexcept {
  // post_action leads a request on that has its answer.
  ngx_http_finalize_request(r, r->header_sent ? NGX_ERROR : answer(r, record));
}

}  // namespace keyfence::nginx
