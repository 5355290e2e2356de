#include "gateways/nginx/usage_log.h"

#include <algorithm>

#include "libs/base/clock.h"

namespace keyfence::nginx {
namespace {

constexpr std::uint64_t kDropsBetweenReports = 100'000;

std::uint16_t status_of(const ngx_http_request_t* r) noexcept {
  const ngx_uint_t status = r->err_status != 0 ? r->err_status : r->headers_out.status;
  return static_cast<std::uint16_t>(std::min<ngx_uint_t>(status, 999));
}

// The path as the client sent it: rewrites and internal redirects change the other copies.
std::string_view path_of(const ngx_http_request_t* r, const RequestRecord& record) noexcept {
  const std::string_view sent = view(r->unparsed_uri);
  return record.log_query ? sent : sent.substr(0, sent.find('?'));
}

// The decision as it was carried out: in a location in mode monitor nothing is denied.
Decision carried_out(const RequestRecord& record) noexcept {
  Decision decision = *record.decision;
  decision.would_deny = record.would_deny();
  decision.would_deny_layer = record.would_deny_layer();
  if (record.mode == FenceMode::kMonitor && decision.outcome == Outcome::kDeny) {
    decision.outcome = Outcome::kAllow;
    decision.reason = Reason::kAllowed;
    decision.layer = Layer::kNone;
  }
  return decision;
}

}  // namespace

void log_usage(ngx_http_request_t* r, MainConf& main, const RequestRecord& record) noexcept {
  SpoolWriter* const spool = main.worker ? main.worker->usage_log() : nullptr;
  if (spool == nullptr) return;
  UsageRecord usage;
  usage.at = record.id.arrived;
  usage.request_id = record.id.bytes;
  usage.address = record.client.address;
  usage.address_note = record.client.note;
  usage.decision = carried_out(record);
  usage.status = status_of(r);
  usage.bytes_sent = static_cast<std::uint64_t>(std::max<off_t>(r->connection->sent, 0));
  const std::int64_t took = SystemClock{}.now().micros - record.id.arrived.micros;
  usage.duration_micros = static_cast<std::uint64_t>(std::max<std::int64_t>(took, 0));
  usage.method = view(r->method_name);
  usage.host = view(r->headers_in.server);
  usage.path = path_of(r, record);
  if (r->headers_in.user_agent != nullptr) usage.user_agent = view(r->headers_in.user_agent->value);
  if (spool->append(usage) == SpoolOutcome::kDropped && spool->dropped() % kDropsBetweenReports == 1) {
    ngx_log_error(NGX_LOG_ERR, r->connection->log, spool->last_errno(),
                  "keyfence: the usage log cannot take requests of this worker; they are dropped and counted");
  }
}

}  // namespace keyfence::nginx
