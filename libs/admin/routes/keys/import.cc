#include <map>
#include <utility>

#include "libs/admin/idempotency/creation.h"
#include "libs/admin/input.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::keys {
namespace {

constexpr std::size_t kImportedKeysMax = 10'000;

std::optional<KeyState> parse_imported_state(std::string_view text) noexcept {
  const auto state = parse_key_state(text);
  if (state == KeyState::kRevoked) return std::nullopt;
  return state;
}

KeyRow read_key(const boost::json::value& value, std::size_t index, std::vector<FieldError>& errors) {
  ObjectReader reader(value, "/" + std::to_string(index), errors);
  KeyRow row;
  if (const auto text = reader.text("digest", Presence::kRequired)) {
    const auto digest = KeyDigest::parse_hex(*text);
    if (!digest) reader.report("digest", "not_a_digest", "must be the 64 hex digits of a SHA-256");
    row.digest = digest.value_or(KeyDigest());
  }
  row.name = read_name(reader, Presence::kRequired).value_or("");
  row.description = read_description(reader).value_or("");
  row.scopes = read_scopes(reader).value_or(std::vector<std::string>());
  row.expires_at = reader.expiry("expires_at").value_or(std::nullopt);
  row.state = reader.choice<KeyState>("state", parse_imported_state, "active or disabled").value_or(KeyState::kActive);
  reader.finish();
  return row;
}

Result<std::vector<KeyRow>, Problem> read_keys(const Call& call, AccountId account) {
  const boost::json::array* array = call.body.if_array();
  if (array == nullptr) {
    return Err{invalid_input({{.pointer = "", .code = "wrong_type", .message = "must be an array of keys"}})};
  }
  if (array->empty() || array->size() > kImportedKeysMax) {
    return Err{invalid_input({{.pointer = "",
                               .code = array->empty() ? "empty" : "too_many",
                               .message = "must hold 1 to " + std::to_string(kImportedKeysMax) + " keys"}})};
  }
  std::vector<FieldError> errors;
  std::vector<KeyRow> rows;
  rows.reserve(array->size());
  std::map<KeyDigest, std::size_t> first_with;
  for (std::size_t i = 0; i < array->size(); ++i) {
    const std::size_t errors_before = errors.size();
    KeyRow row = read_key((*array)[i], i, errors);
    if (errors.size() != errors_before) continue;
    const auto [first, fresh] = first_with.emplace(row.digest, i);
    if (!fresh) {
      errors.push_back({.pointer = "/" + std::to_string(i) + "/digest",
                        .code = "duplicate_digest",
                        .message = "is the digest of the key at " + std::to_string(first->second) + " too"});
      continue;
    }
    row.id = KeyId(call.services.ids.next());
    row.account = account;
    row.created_by = call.caller.actor();
    row.created_at = call.now;
    rows.push_back(std::move(row));
  }
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return rows;
}

// Digests that stand already, in whatever account; the key is named to those who may see it.
Result<void, Problem> refuse_standing(StoreReader& store, const Caller& caller, const std::vector<KeyRow>& rows) {
  std::vector<FieldError> errors;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto found = store.key_by_digest(rows[i].digest);
    if (!found) return Err{problem_of(found.error())};
    const std::optional<KeyRow>& standing = *found;
    if (!standing) continue;
    errors.push_back({.pointer = "/" + std::to_string(i) + "/digest",
                      .code = "duplicate_digest",
                      .message = "a key with this digest stands already",
                      .standing_id = caller.sees(standing->account) ? standing->id.text() : ""});
  }
  if (errors.empty()) return {};
  Problem problem{.status = 409, .code = "duplicate_digest", .detail = "Some of these keys stand already; see errors."};
  problem.standing_id = errors.front().standing_id;
  problem.errors = std::move(errors);
  return Err{std::move(problem)};
}

}  // namespace

Answer import(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  const auto rows = read_keys(call, *id);
  if (!rows) return Err{rows.error()};
  const auto work = [&](ChangeContext& change) -> Result<void, Problem> {
    const auto account = find_account(change.tx, call.caller, *id);
    if (!account) return Err{account.error()};
    auto fresh = refuse_standing(change.tx, call.caller, *rows);
    if (!fresh) return fresh;
    for (const KeyRow& row : *rows) {
      auto inserted = checked(change.tx.insert_key(row));
      if (!inserted) return inserted;
    }
    boost::json::object after{
        {"imported", rows->size()}, {"first_key_id", rows->front().id.text()}, {"last_key_id", rows->back().id.text()}};
    change.audit("key.import", id->text(), *id, nullptr, after);
    return {};
  };
  return run_creation(call, work, [&](const Committed& committed) {
    boost::json::array key_ids;
    key_ids.reserve(rows->size());
    for (const KeyRow& row : *rows) key_ids.emplace_back(row.id.text());
    return json_response(
        201, boost::json::object{
                 {"imported", rows->size()}, {"key_ids", std::move(key_ids)}, {"revision", committed.revision.value}});
  });
}

}  // namespace keyfence::routes::keys
