#include "gateways/nginx/fence.h"

#include "gateways/nginx/client_address.h"
#include "gateways/nginx/credential.h"
#include "gateways/nginx/denial.h"
#include "gateways/nginx/request_state.h"
#include "gateways/nginx/upstream_headers.h"
#include "gateways/nginx/usage_log.h"

namespace keyfence::nginx {
namespace {

// Ends the request without an answer, for an answer of nginx's own would go through error_page.
ngx_int_t refuse_without_answer(ngx_http_request_t* r, const char* why) noexcept {
  ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0, "keyfence: request dropped: %s", why);
  ngx_http_finalize_request(r, NGX_ERROR);
  return NGX_DONE;
}

ngx_int_t refuse(ngx_http_request_t* r, const RequestRecord& record) noexcept {
  ngx_str_t reason = borrowed(name(record.decision->reason));
  ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "keyfence: denied, %V", &reason);
  send_denial(r, record);
  return NGX_DONE;
}

void decide_request(ngx_http_request_t* r, const LocationConf& conf, Worker& worker, RequestState& state) noexcept {
  RequestRecord& record = state.record;
  if (!record.decided()) record.client = client_address(r, conf, record.peer);
  Question question;
  question.credential = state.credential;
  question.address = record.client.address;
  if (conf.scopes) question.required_scopes = *conf.scopes;
  question.now = UnixSeconds{static_cast<std::uint32_t>(ngx_time())};
  record.decision = worker.image().decide(question);
  record.mode = conf.fence_mode();
  record.log_query = conf.log_query == 1;
  state.scopes_checked = conf.scopes.get();
}

// What is done with every request, fenced or not, before anything else looks at it; nullptr without memory.
RequestState* receive(ngx_http_request_t* r, MainConf& main) {
  RequestState* const state = find_or_make_state(r, main);
  const bool done =
      state != nullptr && remove_identity_headers(r) == Removal::kDone && tell_request_id(r, state->record.id);
  return done ? state : nullptr;
}

ngx_int_t fence(ngx_http_request_t* r) {
  MainConf& main = main_conf(r);
  const LocationConf& conf = location_conf(r);
  RequestState* state = find_state(r);
  // A request that nginx could not read goes to its error page without the post-read phase.
  if (state == nullptr) state = receive(r, main);
  if (state == nullptr) return refuse_without_answer(r, "out of memory");
  if (state->record.refused()) return refuse(r, state->record);
  if (conf.fence_mode() == FenceMode::kOff) return NGX_DECLINED;

  if (state->credential.state == CredentialState::kMissing) state->credential = find_credential(r, *conf.places);
  if (conf.pass_credential == 0 && remove_credentials(r, *conf.places) != Removal::kDone) {
    return refuse_without_answer(r, "out of memory");
  }
  if (state->answers_for(conf)) return NGX_DECLINED;

  decide_request(r, conf, main.worker_state(), *state);
  if (state->record.refused()) return refuse(r, state->record);
  if (!tell_identity(r, state->record, state->identity)) return refuse_without_answer(r, "out of memory");
  return NGX_DECLINED;
}

bool is_request_id_header(const ngx_table_elt_t& line) noexcept {
  constexpr std::string_view kName = "X-Request-Id";
  return line.key.len == kName.size() && ngx_strncasecmp(line.key.data, borrowed(kName).data, kName.size()) == 0;
}

bool answer_with_request_id(ngx_http_request_t* r, const RequestRecord& record) noexcept {
  for (ngx_list_part_t* part = &r->headers_out.headers.part; part != nullptr; part = part->next) {
    auto* const lines = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (is_request_id_header(lines[i])) lines[i].hash = 0;  // a response line with hash 0 is not sent
    }
  }
  auto* const line = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
  if (line == nullptr) return false;
  *line = ngx_table_elt_t{};
  line->hash = 1;
  line->key = borrowed("X-Request-Id");
  line->value = borrowed(record.id.text());  // lives as long as the request's pool
  return true;
}

}  // namespace

ngx_int_t on_request_read(ngx_http_request_t* r) noexcept {
  try {
    if (receive(r, main_conf(r)) != nullptr) return NGX_DECLINED;
  } catch (...) {
    return refuse_without_answer(r, "an exception while it was read");
  }
  return refuse_without_answer(r, "out of memory");
}

ngx_int_t on_access(ngx_http_request_t* r) noexcept {
  try {
    return fence(r);
  } catch (...) {
    return refuse_without_answer(r, "an exception in the fence");
  }
}

ngx_int_t on_response_header(ngx_http_request_t* r) noexcept {
  const MainConf& main = main_conf(r);
  if (r == r->main) {
    try {
      // An answer to a request that nginx could not read comes without the post-read phase.
      const RequestState* const state = find_or_make_state(r, main_conf(r));
      if (state == nullptr || !answer_with_request_id(r, state->record)) return NGX_ERROR;
    } catch (...) {
      return NGX_ERROR;
    }
  }
  return main.next_header_filter(r);
}

ngx_int_t on_log(ngx_http_request_t* r) noexcept {
  if (r != r->main) return NGX_OK;
  LocationConf& conf = location_conf(r);
  const RequestState* const state = find_state(r);
  if (state != nullptr && state->record.decided()) log_usage(r, main_conf(r), state->record);
  if (conf.fence_mode() == FenceMode::kOff || conf.unfenced_answer_reported) return NGX_OK;
  const bool decided = state != nullptr && state->record.decided();
  if (decided || r->headers_out.status == 0 || r->headers_out.status >= NGX_HTTP_BAD_REQUEST) return NGX_OK;
  conf.unfenced_answer_reported = true;
  const auto* const core =
      static_cast<const ngx_http_core_loc_conf_t*>(ngx_http_get_module_loc_conf(r, ngx_http_core_module));
  ngx_log_error(
      NGX_LOG_WARN, r->connection->log, 0,
      "keyfence: location \"%V\" answered before the fence was asked: \"return\" and redirects of the rewrite "
      "module are not fenced",
      &core->name);
  return NGX_OK;
}

}  // namespace keyfence::nginx
