#include "libs/admin/sign_in/sign_in.h"

#include <algorithm>
#include <utility>

#include "libs/admin/sign_in/cookies.h"
#include "libs/admin/sign_in/random_codes.h"
#include "libs/admin/sign_in/session_times.h"
#include "libs/admin/sign_in/totp.h"
#include "libs/admin/views.h"

namespace keyfence {
namespace {

namespace json = boost::json;

constexpr std::size_t kUserAgentBytesMax = 200;

std::string subject_of(const PersonRow* person) {
  return person != nullptr ? person->id.text() : "unknown";
}

// Whose audit log tells of a person's sign-ins: that of the one account that they are a member of.
std::optional<AccountId> only_account_of(StoreReader& store, PersonId person) {
  const auto memberships = store.memberships(person);
  if (!memberships || memberships->size() != 1) return std::nullopt;
  return memberships->front().account;
}

// A line in the audit log for what changed nothing. One that cannot be written does not let anyone in.
void note(const Call& call, std::string_view action, const PersonRow* person) {
  static_cast<void>(run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    change.audit(action, subject_of(person), person != nullptr ? only_account_of(change.tx, person->id) : std::nullopt,
                 nullptr, nullptr);
    return {};
  }));
}

std::string user_agent_of(const HttpRequest& request) {
  std::string text(request.header("User-Agent").value_or("").substr(0, kUserAgentBytesMax));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 || c == 0x7F; }, '?');  // other than ASCII too
  return text;
}

std::optional<KeyDigest> digest_of_cookie(const Call& call, std::string_view cookie, std::string_view prefix) {
  const auto value = cookie_of(call.request, cookie);
  if (!value || !has_valid_checksum(*value, prefix)) return std::nullopt;
  return sha256(*value);
}

SessionRow new_session(const Call& call, PersonId person, SessionStage stage, const NewSecret& secret) {
  return {.id = SessionId(call.services.ids.next()),
          .digest = secret.digest(),
          .person = person,
          .stage = stage,
          .created_at = call.now,
          .last_seen_at = call.now,
          .confirmed_at = call.now,
          .address = call.client ? call.client->text() : "",
          .user_agent = user_agent_of(call.request)};
}

Result<void, Problem> end_session_of_cookie(ChangeContext& change, const Call& call) {
  const auto digest = digest_of_cookie(call, kSessionCookie, "kfs_");
  if (!digest) return {};
  const auto standing = change.tx.session_by_digest(*digest);
  if (!standing) return Err{problem_of(standing.error())};
  const std::optional<SessionRow>& row = *standing;
  return row ? checked(change.tx.delete_session(row->id)) : Result<void, Problem>();
}

json::array view_memberships(const Call& call) {
  json::array out;
  for (const AccountRole& one : call.caller.accounts) {
    const auto account = call.services.store.account(one.account);
    if (!account) continue;  // gone since
    out.emplace_back(json::object{{"account_id", account->id.text()},
                                  {"account_name", account->name},
                                  {"account_state", name(account->state)},
                                  {"role", name(one.role)}});
  }
  return out;
}

json::object view_session(const SessionRow& row) {
  return {{"id", row.id.text()},
          {"created_at", rfc3339(row.created_at)},
          {"idle_ends_at", rfc3339(idle_end_of(row))},
          {"ends_at", rfc3339(end_of(row))},
          {"fresh_until", rfc3339(fresh_until(row))}};
}

}  // namespace

Result<std::optional<SessionRow>, Problem> session_of_cookie(const Call& call, SessionStage stage) {
  const auto digest = digest_of_cookie(call, kSessionCookie, "kfs_");
  if (!digest) return std::optional<SessionRow>();
  auto session = call.services.store.session_by_digest(*digest);
  if (!session) return Err{problem_of(session.error())};
  std::optional<SessionRow>& row = *session;
  if (row && (row->stage != stage || has_ended(*row, call.now))) row.reset();
  return std::move(row);
}

Result<SignInAttempt, Problem> attempt_of(const Call& call, std::string login, const PersonRow* person) {
  SignInAttempt attempt{.login = std::move(login), .client = call.client, .device = std::nullopt};
  const auto device = digest_of_cookie(call, kDeviceCookie, "kfd_");
  if (!device || person == nullptr) return attempt;
  const auto known = call.services.store.knows_device(person->id, *device);
  if (!known) return Err{problem_of(known.error())};
  if (*known) attempt.device = device;
  return attempt;
}

std::optional<Problem> refuse_throttled(Call& call, const SignInAttempt& attempt, const PersonRow* person) {
  const auto refusal = call.services.throttle.begin(attempt, call.now);
  if (!refusal) return std::nullopt;
  if (refusal->first) note(call, "session.throttled", person);
  return Problem{.status = 429,
                 .code = "too_many_attempts",
                 .detail = "Too many tries; wait a while.",
                 .headers = {{"Retry-After", std::to_string(refusal->wait.count())}}};
}

Problem denied(Call& call, std::string_view action, const PersonRow* person) {
  note(call, action, person);
  return {.status = 401, .code = "sign_in_failed", .detail = "Login, password or code is wrong."};
}

Problem busy() {
  return {.status = 503,
          .code = "busy",
          .detail = "Too many people sign in at this moment; try again.",
          .headers = {{"Retry-After", "1"}}};
}

Result<bool, Problem> spend_second_factor(ChangeContext& change, PersonRow& person, const SecondFactor& factor,
                                          Timestamp now) {
  if (factor.code && person.totp) {
    const auto step = match_totp(*person.totp, *factor.code, now, person.totp_step);
    if (step) person.totp_step = *step;
    return step.has_value();
  }
  if (!factor.recovery_code) return false;
  const auto spent = change.tx.spend_recovery_code(person.id, recovery_code_digest(*factor.recovery_code));
  if (spent) return true;
  if (spent.error().code == StoreError::Code::kNotFound) return false;
  return Err{problem_of(spent.error())};
}

Answer begin_session(Call& call, PersonId id, SessionStage stage, const SessionWork& work) {
  const NewSecret secret = NewSecret::make("kfs_");
  const NewSecret new_device = NewSecret::make("kfd_");
  const SessionRow row = new_session(call, id, stage, secret);
  const bool full = stage == SessionStage::kSignedIn;
  bool knows_device = false;
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto worked = work(change);
    if (!worked) return Err{std::move(worked).error()};
    PersonRow person = std::move(*worked);
    if (auto ended = end_session_of_cookie(change, call); !ended) return ended;
    if (auto begun = checked(change.tx.insert_session(row)); !begun) return begun;
    if (full) {
      person.last_sign_in_at = call.now;
      const auto device = digest_of_cookie(call, kDeviceCookie, "kfd_");
      const auto known = device ? change.tx.knows_device(id, *device) : StoreResult<bool>(false);
      knows_device = known && *known;
      auto put = checked(change.tx.put_device(id, knows_device ? *device : new_device.digest(), call.now));
      if (!put) return put;
    }
    if (auto written = checked(change.tx.update_person(person)); !written) return written;
    auto caller = person_caller(change.tx, std::move(person), row);
    if (!caller) return Err{std::move(caller).error()};
    call.caller = std::move(*caller);
    if (full) {
      change.audit("session.begin", id.text(), only_account_of(change.tx, id), nullptr,
                   json::object{{"session", row.id.text()}});
    }
    return {};
  });
  if (!committed) {
    call.caller = {};
    return Err{committed.error()};
  }
  json::object body{{"status", full ? "signed_in" : "second_factor_required"}};
  if (full) {
    auto me = view_me(call);
    if (!me) return Err{std::move(me).error()};
    body["me"] = std::move(*me);
  }
  HttpResponse response = json_response(200, body);
  response.headers.push_back(
      set_cookie(kSessionCookie, secret.reveal_once(), full ? std::chrono::seconds(kSessionLife) : kSecondFactorLife));
  if (full && !knows_device) {
    response.headers.push_back(set_cookie(kDeviceCookie, new_device.reveal_once(), kDeviceLife));
  }
  return response;
}

Result<PersonRow, Problem> find_person(StoreReader& store, PersonId id) {
  auto row = store.person(id);
  if (!row) return Err{problem_of(row.error())};
  return std::move(*row);
}

Result<json::object, Problem> view_me(const Call& call) {
  const Caller& caller = call.caller;
  json::object out{{"kind", caller.is_person() ? "person" : "token"},
                   {"operator", caller.is_operator()},
                   {"memberships", view_memberships(call)}};
  if (caller.token) {
    out["id"] = caller.token->id.text();
    out["login"] = nullptr;
    out["name"] = caller.token->name;
    out["totp_enabled"] = false;
    out["recovery_codes_left"] = 0;
    out["session"] = nullptr;
    return out;
  }
  const auto codes = call.services.store.recovery_code_count(caller.person->id);
  if (!codes) return Err{problem_of(codes.error())};
  out["id"] = caller.person->id.text();
  out["login"] = caller.person->login;
  out["name"] = caller.person->name;
  out["totp_enabled"] = caller.person->totp.has_value();
  out["recovery_codes_left"] = *codes;
  out["session"] = view_session(*caller.session);
  return out;
}

}  // namespace keyfence
