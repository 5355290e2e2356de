#include "libs/admin/sign_in/totp.h"

#include <utility>

#include "libs/admin/change.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/sign_in/random_codes.h"

namespace keyfence::routes::me {
namespace {

// Gives the person new codes; the old ones are gone with the commit.
Result<std::vector<std::string>, Problem> replace_codes(ChangeContext& change, PersonId person) {
  std::vector<std::string> codes = new_recovery_codes();
  std::vector<KeyDigest> digests;
  digests.reserve(codes.size());
  for (const std::string& code : codes) digests.push_back(recovery_code_digest(code));
  const auto replaced = change.tx.replace_recovery_codes(person, digests);
  if (!replaced) return Err{problem_of(replaced.error())};
  return codes;
}

HttpResponse codes_response(const std::vector<std::string>& codes) {
  return json_response(200, boost::json::object{{"recovery_codes", boost::json::array(codes.begin(), codes.end())}});
}

Problem has_no_totp() {
  return {.status = 409, .code = "no_totp", .detail = "No authenticator is set up."};
}

}  // namespace

Answer begin_totp(Call& call) {
  const TotpSecret secret = new_totp_secret();
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto row = change.tx.person(call.caller.person->id);
    if (!row) return Err{problem_of(row.error())};
    row->totp_pending = secret;
    return checked(change.tx.update_person(*row));
  });
  if (!committed) return Err{committed.error()};
  return json_response(200, boost::json::object{{"secret", base32(secret.bytes)},
                                                {"otpauth_uri", otpauth_uri(secret, call.caller.person->login)}});
}

Answer enable_totp(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto code = reader.text("code", Presence::kRequired);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  std::vector<std::string> codes;
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto row = change.tx.person(call.caller.person->id);
    if (!row) return Err{problem_of(row.error())};
    if (!row->totp_pending) return Err{has_no_totp()};
    const auto step = match_totp(*row->totp_pending, *code, call.now, 0);
    if (!step) {
      return Err{invalid_input({{.pointer = "/code", .code = "wrong_code", .message = "is not the current code"}})};
    }
    row->totp = row->totp_pending;
    row->totp_pending.reset();
    row->totp_step = *step;
    change.audit("person.enable_totp", row->id.text(), std::nullopt, nullptr, nullptr);
    if (auto written = checked(change.tx.update_person(*row)); !written) return written;
    auto made = replace_codes(change, row->id);
    if (!made) return Err{std::move(made).error()};
    codes = std::move(*made);
    return {};
  });
  if (!committed) return Err{committed.error()};
  return codes_response(codes);
}

Answer disable_totp(Call& call) {
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto row = change.tx.person(call.caller.person->id);
    if (!row) return Err{problem_of(row.error())};
    row->totp.reset();
    row->totp_pending.reset();
    change.audit("person.disable_totp", row->id.text(), std::nullopt, nullptr, nullptr);
    if (auto written = checked(change.tx.update_person(*row)); !written) return written;
    return checked(change.tx.replace_recovery_codes(row->id, {}));
  });
  if (!committed) return Err{committed.error()};
  return no_content();
}

Answer renew_recovery_codes(Call& call) {
  std::vector<std::string> codes;
  const auto committed = run_private_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    const auto row = change.tx.person(call.caller.person->id);
    if (!row) return Err{problem_of(row.error())};
    if (!row->totp) return Err{has_no_totp()};
    change.audit("person.renew_recovery_codes", row->id.text(), std::nullopt, nullptr, nullptr);
    auto made = replace_codes(change, row->id);
    if (!made) return Err{std::move(made).error()};
    codes = std::move(*made);
    return {};
  });
  if (!committed) return Err{committed.error()};
  return codes_response(codes);
}

}  // namespace keyfence::routes::me
