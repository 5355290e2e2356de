#include "libs/admin/declared/declaration.h"

#include <iterator>
#include <utility>

#include "libs/admin/input.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/views.h"

namespace keyfence {
namespace {

namespace json = boost::json;

constexpr std::string_view kKeyStates = "active, disabled or revoked";

template <class Id>
std::optional<Id> read_id(ObjectReader& reader) {
  const auto text = reader.text("id");
  if (!text) return std::nullopt;
  const auto id = Id::parse(*text);
  if (!id) reader.report("id", "not_an_id", "must be an id of this kind");
  return id;
}

std::optional<DeclaredList> read_list(ObjectReader& parent, std::size_t entries_max, std::vector<FieldError>& errors) {
  const json::value* value = parent.object("allowlist");
  if (value == nullptr) return std::nullopt;
  DeclaredList list;
  list.pointer = parent.pointer_to("allowlist");
  ObjectReader reader(*value, list.pointer, errors);
  list.mode = reader.choice<ListMode>("mode", parse_list_mode, kListModes).value_or(list.mode);
  list.when_empty = reader.choice<WhenEmpty>("when_empty", parse_when_empty, kWhenEmpties).value_or(list.when_empty);
  if (const json::array* array = reader.array("entries")) {
    list.entries = read_entries(*array, list.pointer + "/entries", entries_max, errors);
  }
  reader.finish();
  return list;
}

DeclaredKey read_key(const json::value& value, std::string pointer, const InstanceRow& instance,
                     std::vector<FieldError>& errors) {
  DeclaredKey key;
  key.pointer = pointer;
  ObjectReader reader(value, std::move(pointer), errors);
  key.id = read_id<KeyId>(reader);
  key.name = read_name(reader, Presence::kRequired).value_or("");
  key.description = read_description(reader).value_or("");
  key.scopes = read_scopes(reader).value_or(std::vector<std::string>());
  key.expires_at = reader.expiry("expires_at").value_or(std::nullopt);
  key.state = reader.choice<KeyState>("state", parse_key_state, kKeyStates).value_or(KeyState::kActive);
  if (const auto text = reader.text("digest")) {
    key.digest = KeyDigest::parse_hex(*text);
    if (!key.digest) reader.report("digest", "not_a_digest", "must be the 64 hex digits of a SHA-256");
  }
  key.allowlist = read_list(reader, instance.key_limits.entries_max, errors);
  reader.finish();
  return key;
}

DeclaredAccount read_account(const json::value& value, std::string pointer, const InstanceRow& instance,
                             std::vector<FieldError>& errors) {
  DeclaredAccount account;
  account.pointer = pointer;
  ObjectReader reader(value, std::move(pointer), errors);
  account.id = read_id<AccountId>(reader);
  account.name = read_name(reader, Presence::kRequired).value_or("");
  account.state =
      reader.choice<AccountState>("state", parse_account_state, "active or suspended").value_or(AccountState::kActive);
  account.error_style = read_nullable_error_style(reader).value_or(std::nullopt);
  account.allowlist = read_list(reader, instance.account_limits.entries_max, errors);
  if (const json::array* keys = reader.array("keys")) {
    for (std::size_t i = 0; i < keys->size() && errors.size() <= kFieldErrorsTold; ++i) {
      account.keys.push_back(read_key((*keys)[i], account.pointer + "/keys/" + std::to_string(i), instance, errors));
    }
  }
  reader.finish();
  return account;
}

void judge(const std::optional<DeclaredList>& list, const InstanceRow& instance, Layer layer,
           std::vector<FieldError>& errors) {
  if (!list || errors.size() > kFieldErrorsTold) return;
  Judgement judgement = judge_additions(instance, layer, {}, 0, list->entries);
  errors.insert(errors.end(), std::make_move_iterator(judgement.errors.begin()),
                std::make_move_iterator(judgement.errors.end()));
}

// What has its default is not written.
json::object write_entry(const EntryRow& row) {
  json::object out{{"text", row.text}};
  if (!row.label.empty()) out["label"] = row.label;
  if (row.state == EntryState::kDisabled) out["enabled"] = false;
  if (row.expires_at) out["expires_at"] = view_expiry(row.expires_at);
  return out;
}

Result<json::object, Problem> write_list(StoreReader& store, ListRef ref) {
  const auto list = store.list(ref);
  if (!list) return Err{problem_of(list.error())};
  const auto rows = all_entries(store, ref);
  if (!rows) return Err{rows.error()};
  json::array entries;
  for (const EntryRow& row : *rows) entries.emplace_back(write_entry(row));
  return json::object{
      {"mode", name(list->mode)}, {"when_empty", name(list->when_empty)}, {"entries", std::move(entries)}};
}

Result<json::object, Problem> write_key(StoreReader& store, const KeyRow& row, Digests digests) {
  json::object out{{"id", row.id.text()}, {"name", row.name}};
  if (!row.description.empty()) out["description"] = row.description;
  if (!row.scopes.empty()) out["scopes"] = json::array(row.scopes.begin(), row.scopes.end());
  if (row.expires_at) out["expires_at"] = view_expiry(row.expires_at);
  if (row.state != KeyState::kActive) out["state"] = name(row.state);
  if (digests == Digests::kWritten) out["digest"] = row.digest.hex();
  auto list = write_list(store, ListRef::of(row.id));
  if (!list) return list;
  out["allowlist"] = std::move(*list);
  return out;
}

Result<json::array, Problem> write_keys(StoreReader& store, AccountId account, Digests digests, std::size_t& written) {
  json::array keys;
  PageRequest page{.after = 0, .limit = 1'000};
  for (;;) {
    const auto rows = store.keys(account, "", page);
    if (!rows) return Err{problem_of(rows.error())};
    written += rows->size();
    if (written > kDeclaredKeysMax) {
      return Err{Problem{.status = 413,
                         .code = "too_large",
                         .detail = "There are more than " + std::to_string(kDeclaredKeysMax) +
                                   " keys: use `keyfence backup`, or the lists of the API."}};
    }
    for (const KeyRow& row : *rows) {
      auto key = write_key(store, row, digests);
      if (!key) return Err{std::move(key).error()};
      keys.emplace_back(std::move(*key));
    }
    if (rows->size() < page.limit) return keys;
    page.after = rows->back().id.value();
  }
}

}  // namespace

Result<Declaration, Problem> read_declaration(const json::value& body, const InstanceRow& instance) {
  std::vector<FieldError> errors;
  Declaration declaration;
  declaration.settings = instance.changed;
  ObjectReader reader(body, "", errors);
  const auto version = reader.integer("keyfence", kDeclarationVersion, kDeclarationVersion);
  if (!version && !reader.has("keyfence")) reader.report("keyfence", "missing", "is required: the version, 1");
  declaration.allowlist = read_list(reader, instance.global_limits.entries_max, errors);
  if (const json::array* accounts = reader.array("accounts")) {
    for (std::size_t i = 0; i < accounts->size() && errors.size() <= kFieldErrorsTold; ++i) {
      declaration.accounts.push_back(read_account((*accounts)[i], "/accounts/" + std::to_string(i), instance, errors));
    }
  }
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  judge(declaration.allowlist, instance, Layer::kGlobal, errors);
  for (const DeclaredAccount& account : declaration.accounts) {
    judge(account.allowlist, instance, Layer::kAccount, errors);
    for (const DeclaredKey& key : account.keys) judge(key.allowlist, instance, Layer::kKey, errors);
  }
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return declaration;
}

Result<json::object, Problem> declare_instance(StoreReader& store, Digests digests) {
  auto global = write_list(store, ListRef::global());
  if (!global) return global;
  json::object out{{"keyfence", kDeclarationVersion}, {"allowlist", std::move(*global)}};
  json::array accounts;
  std::size_t written = 0;
  PageRequest page{.after = 0, .limit = 1'000};
  for (;;) {
    const auto rows = store.accounts(page);
    if (!rows) return Err{problem_of(rows.error())};
    for (const AccountRow& row : *rows) {
      if (row.deletion) continue;
      json::object account{{"id", row.id.text()}, {"name", row.name}};
      if (row.state != AccountState::kActive) account["state"] = name(row.state);
      if (row.error_style) account["error_style"] = name(*row.error_style);
      auto list = write_list(store, ListRef::of(row.id));
      if (!list) return list;
      account["allowlist"] = std::move(*list);
      auto keys = write_keys(store, row.id, digests, written);
      if (!keys) return Err{std::move(keys).error()};
      account["keys"] = std::move(*keys);
      accounts.emplace_back(std::move(account));
    }
    if (rows->size() < page.limit) break;
    page.after = rows->back().id.value();
  }
  out["accounts"] = std::move(accounts);
  return out;
}

}  // namespace keyfence
