#include "libs/policy/decide.h"

#include <algorithm>
#include <utility>

#include "libs/admin/input.h"
#include "libs/admin/routes/decisions/explain.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::decisions {
namespace {

struct Asked {
  PresentedKey credential;
  std::optional<KeyId> key_id;
  std::optional<IpAddress> address;
  std::vector<std::string> scopes;
  Timestamp at;
};

Result<Asked, Problem> read_asked(const Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  Asked asked;
  const auto key = reader.text("key");
  const auto key_id = reader.text("key_id");
  const auto digest_text = reader.text("digest");
  const auto address = reader.nullable_text("address").value_or(std::nullopt);
  asked.scopes = read_scopes(reader).value_or(std::vector<std::string>());
  asked.at = reader.time("at").value_or(call.now);
  reader.finish();
  if (key.has_value() + key_id.has_value() + digest_text.has_value() > 1) {
    errors.push_back(
        {.pointer = "", .code = "ambiguous_key", .message = "must have at most one of key, key_id and digest"});
  }
  if (key) asked.credential = read_presented_key(*key);
  if (key_id) {
    asked.key_id = KeyId::parse(*key_id);
    if (!asked.key_id) reader.report("key_id", "not_an_id", "must be an id such as key_0123456789abc");
  }
  if (digest_text) {
    const auto digest = KeyDigest::parse_hex(*digest_text);
    if (!digest) reader.report("digest", "not_a_digest", "must be the 64 hex digits of a SHA-256");
    asked.credential = {CredentialState::kPresent, digest.value_or(KeyDigest())};
  }
  if (address) {
    asked.address = IpAddress::parse(*address);
    if (!asked.address) reader.report("address", "not_an_address", "must be one IPv4 or IPv6 address");
  }
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return asked;
}

// The row of the key asked about, if it is the caller's to know of.
Result<std::optional<KeyRow>, Problem> find_asked_key(Call& call, Asked& asked) {
  StoreReader& store = call.services.store;
  if (asked.key_id) {
    auto row = find_key(store, call.caller, *asked.key_id);
    if (!row) return Err{std::move(row).error()};
    asked.credential = {CredentialState::kPresent, row->digest};
    return std::optional(std::move(*row));
  }
  if (asked.credential.state != CredentialState::kPresent) return std::optional<KeyRow>();
  auto row = store.key_by_digest(asked.credential.digest);
  if (!row) return Err{problem_of(row.error())};
  std::optional<KeyRow>& found = *row;
  if (found && !call.caller.sees(found->account)) found.reset();
  return std::move(*row);
}

boost::json::object view_decision(const Decision& decision) {
  const bool would_deny = decision.would_deny != Reason::kAllowed;
  const auto id = [](const auto& value) {
    return value.value() != 0 ? boost::json::value(value.text()) : boost::json::value(nullptr);
  };
  return {{"outcome", decision.outcome == Outcome::kAllow ? "allow" : "deny"},
          {"status", http_status(decision.reason)},
          {"reason", name(decision.reason)},
          {"layer", name(decision.layer)},
          {"would_deny", would_deny ? boost::json::value(name(decision.would_deny)) : nullptr},
          {"would_deny_layer", would_deny ? boost::json::value(name(decision.would_deny_layer)) : nullptr},
          {"key_id", id(decision.key)},
          {"account_id", id(decision.account)},
          {"error_style", name(decision.error_style)},
          {"revision", decision.revision.value}};
}

}  // namespace

Answer decide(Call& call) {
  auto asked = read_asked(call);
  if (!asked) return Err{std::move(asked).error()};
  const auto key = find_asked_key(call, *asked);
  if (!key) return Err{key.error()};
  const std::optional<KeyRow>& row = *key;

  std::vector<ScopeTag> scopes;
  for (const std::string& scope : asked->scopes) scopes.push_back(scope_tag(scope));
  Question question{.credential = asked->credential,
                    .address = asked->address,
                    .required_scopes = scopes,
                    .now = to_seconds(asked->at)};
  // A key that is not the caller's to know of is decided as one that does not exist.
  if (question.credential.state == CredentialState::kPresent && !row) question.credential.digest = KeyDigest();
  const Decision decision = call.services.readers[call.worker].decide(question);

  boost::json::object body = view_decision(decision);
  if (query_flag(call, "explain") && row) {
    auto explained = explain(call, *row, asked->address, asked->scopes, question.now);
    if (!explained) return Err{std::move(explained).error()};
    body["layers"] = std::move(explained->layers);
    body["missing_scopes"] = std::move(explained->missing_scopes);
  }
  return json_response(200, body);
}

}  // namespace keyfence::routes::decisions
