#include "libs/admin/application.h"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <exception>
#include <optional>
#include <span>
#include <utility>

#include "libs/admin/history/changed_since.h"
#include "libs/admin/json/strict_json.h"
#include "libs/admin/sign_in/session_times.h"
#include "libs/base/random.h"

namespace keyfence {
namespace {

// Random numbers are asked of the system for many requests at once.
std::string new_request_id() {
  static thread_local std::array<std::uint64_t, 32> numbers;
  static thread_local std::size_t left = 0;
  if (left == 0) {
    left = numbers.size();
    fill_random(std::span(reinterpret_cast<std::uint8_t*>(numbers.data()), sizeof numbers));
  }
  std::string id = "req_";
  append_crockford(id, numbers[--left]);
  return id;
}

// What every answer carries, unless the route said otherwise.
void add_common_headers(HttpResponse& response, const std::string& request_id) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kCommon = {{
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Cache-Control", "no-store"},
      {"Referrer-Policy", "no-referrer"},
      {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  }};
  response.headers.reserve(response.headers.size() + kCommon.size() + 4);
  const auto add = [&](std::string_view name, std::string_view value) {
    const bool set = std::any_of(response.headers.begin(), response.headers.end(),
                                 [&](const HttpHeader& one) { return one.first == name; });
    if (!set) response.headers.emplace_back(name, value);
  };
  add("X-Request-Id", request_id);
  for (const auto& [name, value] : kCommon) add(name, value);
}

constexpr std::string_view kStrictTransport = "max-age=31536000";
constexpr std::size_t kNoWorker = ~std::size_t{0};  // routes that are run at once ask no worker's reader

std::optional<IpAddress> client_of(const HttpRequest& request, const ProxyTrust& trust) {
  std::vector<std::string_view> lines;
  for (const auto& [key, value] : request.headers) {
    if (equals_without_case(key, trust.header)) lines.emplace_back(value);
  }
  return resolve_client_address(request.peer, trust.proxies, trust.kind, lines).address;
}

Problem method_not_allowed(const std::vector<const Route*>& routes) {
  std::string allow;
  for (const Route* route : routes) {
    allow += (allow.empty() ? "" : ", ") + std::string(name(route->method));
    if (route->method == HttpMethod::kGet) allow += ", HEAD";
  }
  return {.status = 405,
          .code = "method_not_allowed",
          .detail = "This resource knows " + allow + ".",
          .headers = {{"Allow", allow}}};
}

bool is_flag(std::string_view parameter) noexcept {
  static constexpr std::array<std::string_view, 5> kFlags = {"explain", "dry_run", "plan", "prune", "digests"};
  return std::find(kFlags.begin(), kFlags.end(), parameter) != kFlags.end();
}

std::optional<Problem> read_query(const Route& route, Call& call) {
  auto query = QueryParameters::parse(call.request.query);
  if (!query) return Problem{.status = 400, .code = "bad_request", .detail = "Refused: " + query.error() + "."};
  std::vector<FieldError> errors;
  for (const auto& [key, value] : query->all()) {
    if (is_credential_parameter(key, value)) {
      return Problem{.status = 400,
                     .code = "token_in_query",
                     .detail =
                         "Credentials do not belong into a URL. Revoke it if it was real; send tokens as "
                         "Authorization: Bearer and keys in the body."};
    }
    if (std::find(route.query.begin(), route.query.end(), key) == route.query.end()) {
      errors.push_back({.pointer = {}, .parameter = key, .code = "unknown_parameter", .message = "is not known here"});
    } else if (is_flag(key) && value != "true" && value != "false") {
      errors.push_back({.pointer = {}, .parameter = key, .code = "not_allowed", .message = "must be true or false"});
    } else if (key == "confirm" && value != "open_to_everyone") {
      errors.push_back({.pointer = {}, .parameter = key, .code = "not_allowed", .message = "must be open_to_everyone"});
    } else if (key == "on_duplicate" && value != "fail" && value != "skip") {
      errors.push_back({.pointer = {}, .parameter = key, .code = "not_allowed", .message = "must be fail or skip"});
    }
  }
  if (!errors.empty()) return invalid_input(std::move(errors));
  call.query = std::move(*query);
  return std::nullopt;
}

// A secret that someone pasted into a path stays out of the log, and so does what could move a terminal's cursor.
std::string loggable(std::string path) {
  if (holds_secret(path)) return "(not logged)";
  const auto odd = [](unsigned char c) { return c <= 0x20 || c >= 0x7F; };
  std::replace_if(path.begin(), path.end(), odd, '?');
  return path;
}

bool has_media_type(const HttpRequest& request, std::string_view wanted) {
  const auto header = request.header("Content-Type");
  if (!header) return false;
  std::string_view type = header->substr(0, header->find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return equals_without_case(type, wanted);
}

std::optional<Problem> read_body(const Route& route, Call& call) {
  const HttpRequest& request = call.request;
  if (route.body == BodyKind::kNone) {
    if (request.body.empty()) return std::nullopt;
    return Problem{.status = 400, .code = "bad_request", .detail = "This request takes no body."};
  }
  if (request.body.size() > route.body_bytes_max) {
    return Problem{.status = 413, .code = "body_too_large", .detail = "The body is larger than this resource takes."};
  }
  if (route.body == BodyKind::kJsonOrText && has_media_type(request, "text/plain")) {
    if (!is_utf8(request.body)) {
      return Problem{.status = 400, .code = "bad_request", .detail = "The text is not valid UTF-8."};
    }
    call.body_is_text = true;
    return std::nullopt;
  }
  if (!has_media_type(request, "application/json")) {
    return Problem{.status = 415,
                   .code = "unsupported_media_type",
                   .detail = route.body == BodyKind::kJson ? "The body must be application/json."
                                                           : "The body must be application/json or text/plain."};
  }
  auto parsed = parse_strict_json(request.body, call.body.storage());
  if (!parsed) {
    const JsonError& error = parsed.error();
    return Problem{.status = 400,
                   .code = "invalid_json",
                   .detail = "The body cannot be read: " + error.message + ".",
                   .errors = {{.pointer = error.pointer, .code = error.code, .message = error.message}}};
  }
  call.body = std::move(*parsed);
  return std::nullopt;
}

// The account that the path is about; nullopt: none, or a thing that does not exist.
std::optional<AccountId> account_of_path(const Call& call) {
  if (const auto id = AccountId::parse(call.path_parameter("account_id"))) return id;
  const auto key = KeyId::parse(call.path_parameter("key_id"));
  if (!key) return std::nullopt;
  const auto row = call.services.store.key(*key);
  return row ? std::optional(row->account) : std::nullopt;
}

bool is_about_an_account(const Call& call) {
  return !call.path_parameter("account_id").empty() || !call.path_parameter("key_id").empty();
}

// Sets the role that counts: a member's in the account that the path is about, or else the highest that they have. What
// belongs to accounts that the caller does not see is not there, whatever the role.
std::optional<Problem> settle_role(Call& call, Access access) {
  Caller& caller = call.caller;
  if (caller.is_operator()) return refuse_role(caller, access);
  if (caller.is_person()) {
    for (const AccountRole& one : caller.accounts) caller.role = std::max(caller.role, one.role);
  }
  auto refusal = refuse_role(caller, access);
  if (!is_about_an_account(call) || access <= Access::kPerson) return refusal;
  // A token has one role, and what reads looks up whose key it is: no need to do that twice.
  const bool reads_a_key = call.request.method == HttpMethod::kGet && !call.path_parameter("key_id").empty();
  if (!caller.is_person() && !refusal && reads_a_key) return std::nullopt;
  const auto account = account_of_path(call);
  const auto role = account ? caller.role_in(*account) : std::nullopt;
  if (!role) return not_found();
  caller.role = *role;
  return refuse_role(caller, access);
}

// Notes, once a minute, that a token or session is in use.
void note_use(const Call& call) {
  const Caller& caller = call.caller;
  const auto stale = [&](const std::optional<Timestamp>& noted) {
    return !noted || call.now >= after(*noted, kUseNoted);
  };
  LastUses& uses = *call.services.last_uses;
  if (caller.token && stale(caller.token->last_used_at)) uses.note(caller.token->id, call.now);
  if (caller.session && stale(caller.session->last_seen_at)) uses.note(caller.session->id, call.now);
}

// Counts the request against what its caller may do in a minute: of one that is not known, against their address. Those
// who look after the daemon's health are not counted.
std::optional<RateLimiter::Verdict> count_against_limit(const Services& services, const Route& route,
                                                        const Call& call) {
  if (services.rate_limiter == nullptr || route.path.rfind("/api/", 0) != 0) return std::nullopt;
  const bool known = call.caller.kind != CallerKind::kNobody;
  const std::string who = known ? call.caller.actor() : "address:" + place_of(call.client);
  return services.rate_limiter->take(who, call.now);
}

Problem too_many_requests(const RateLimiter::Verdict& verdict) {
  return {.status = 429,
          .code = "too_many_requests",
          .detail = "More requests than one caller may make: wait as long as Retry-After says.",
          .headers = {{"Retry-After", std::to_string(verdict.reset_seconds)}}};
}

Answer run_route(const Route& route, Call& call, std::optional<RateLimiter::Verdict>& verdict) {
  if (auto problem = refuse_cross_site(call.request, call.services.proxy_trust)) return Err{std::move(*problem)};
  if (route.access != Access::kPublic) {
    auto caller = authenticate(call.request, call.services.store, call.now, call.client);
    if (caller) call.caller = std::move(*caller);
    verdict = count_against_limit(call.services, route, call);
    if (verdict && !verdict->allowed) return Err{too_many_requests(*verdict)};
    if (!caller) return Err{std::move(caller).error()};
    note_use(call);
  } else {
    verdict = count_against_limit(call.services, route, call);
    if (verdict && !verdict->allowed) return Err{too_many_requests(*verdict)};
  }
  if (auto problem = read_query(route, call)) return Err{std::move(*problem)};
  if (route.access != Access::kPublic) {
    if (auto problem = settle_role(call, route.access)) return Err{std::move(*problem)};
    if (route.freshness == Freshness::kConfirmed) {
      if (auto problem = refuse_unconfirmed(call.caller, call.now)) return Err{std::move(*problem)};
    }
  }
  if (auto problem = read_body(route, call)) return Err{std::move(*problem)};
  Answer answer = route.handler(call);
  if (!answer && answer.error().status == 412) {
    Problem problem = std::move(answer).error();
    add_changed_since(call, problem);
    return Err{std::move(problem)};
  }
  return answer;
}

// What is neither the API nor known to it may be a page of the console.
std::optional<HttpResponse> console_file(const Services& services, const HttpRequest& request) {
  const bool reads = request.method == HttpMethod::kGet || request.method == HttpMethod::kHead;
  if (services.console == nullptr || !reads || request.path == "/api" || request.path.rfind("/api/", 0) == 0) {
    return std::nullopt;
  }
  return services.console->answer(request);
}

}  // namespace

HttpResponse AdminApplication::handle(const HttpRequest& request, std::size_t worker) noexcept {
  const RouteMatch match = match_route(request.method, request.path);
  return answer(request, match, worker);
}

std::optional<HttpResponse> AdminApplication::handle_at_once(const HttpRequest& request) noexcept {
  if (request.method != HttpMethod::kGet || !request.query.empty()) return std::nullopt;
  const RouteMatch match = match_route(request.method, request.path);
  if (match.route == nullptr || match.route->pace != Pace::kAtOnce) return std::nullopt;
  const auto hold = services_.store.hold_reads();
  if (!hold) return std::nullopt;
  return answer(request, match, kNoWorker);
}

HttpResponse AdminApplication::answer(const HttpRequest& request, const RouteMatch& match, std::size_t worker) {
  const Timestamp begin = services_.clock.now();
  boost::json::monotonic_resource body_memory;  // a body is taken apart as it is read, and let go whole
  Call call{.services = services_,
            .request = request,
            .worker = worker,
            .request_id = new_request_id(),
            .now = begin,
            .client = client_of(request, services_.proxy_trust),
            .path_parameters = match.parameters,
            .query = {},
            .caller = {},
            .body = boost::json::value(&body_memory),
            .body_is_text = false};
  Answer answer = Err{not_found()};
  std::optional<RateLimiter::Verdict> verdict;
  try {
    if (match.route != nullptr) {
      answer = run_route(*match.route, call, verdict);
    } else if (!match.same_path.empty()) {
      answer = Err{method_not_allowed(match.same_path)};
    } else if (auto file = console_file(services_, request)) {
      answer = std::move(*file);
    }
  } catch (const std::exception& exception) {
    answer = Err{Problem{.status = 500,
                         .code = "internal_error",
                         .detail = "Something went wrong; the log has the reason under this request id.",
                         .log_detail = exception.what()}};
  }

  std::string code;
  std::string log_detail;
  if (!answer) {
    code = answer.error().code;
    log_detail = answer.error().log_detail;
  }
  HttpResponse response = answer ? std::move(*answer) : render(std::move(answer).error(), call.request_id);
  add_common_headers(response, call.request_id);
  if (verdict) {
    response.headers.emplace_back("RateLimit-Policy", services_.rate_limiter->policy_header());
    response.headers.emplace_back("RateLimit", RateLimiter::limit_header(*verdict));
  }
  if (is_over_tls(request, services_.proxy_trust)) {
    response.headers.emplace_back("Strict-Transport-Security", kStrictTransport);
  }
  const std::int64_t duration = services_.clock.now().micros - begin.micros;
  const std::string_view route = match.route != nullptr ? match.route->path : "unmatched";
  services_.metrics.count_request(name(request.method), route, response.status, duration);
  if (services_.log) {
    const std::string actor = call.caller.kind != CallerKind::kNobody ? call.caller.actor() : "";
    const std::string path = loggable(request.path);
    services_.log({.request_id = call.request_id,
                   .method = name(request.method),
                   .path = path,
                   .status = response.status,
                   .code = code,
                   .actor = actor,
                   .address = call.client ? call.client->text() : "unknown",
                   .duration_micros = duration,
                   .log_detail = log_detail});
  }
  return response;
}

std::optional<HttpResponse> AdminApplication::refuse_head(const HttpRequest& head, std::size_t worker) noexcept {
  const RouteMatch match = match_route(head.method, head.path);
  if (match.route == nullptr) return handle(head, worker);
  try {
    const bool known =
        !refuse_cross_site(head, services_.proxy_trust) &&
        authenticate(head, services_.store, services_.clock.now(), client_of(head, services_.proxy_trust));
    if (known) return std::nullopt;
  } catch (const std::exception&) {
    return handle(head, worker);  // which tells the log what is wrong
  }
  return handle(head, worker);
}

HttpResponse AdminApplication::refuse(int status, std::string_view code, std::string_view detail) noexcept {
  const std::string request_id = new_request_id();
  HttpResponse response = render(
      {.status = status, .code = std::string(code), .detail = "Refused: " + std::string(detail) + "."}, request_id);
  add_common_headers(response, request_id);
  services_.metrics.count_request("OTHER", "refused", status, 0);
  return response;
}

std::size_t AdminApplication::body_bytes_max(HttpMethod method, std::string_view path) const noexcept {
  const RouteMatch match = match_route(method, path);
  if (match.route == nullptr) return kBodyBytesMax;
  const bool anyone = match.route->access == Access::kPublic;  // whoever they are, they are not judged before
  return anyone ? std::min(match.route->body_bytes_max, kUnjudgedBodyBytes) : match.route->body_bytes_max;
}

}  // namespace keyfence
