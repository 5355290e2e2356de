#include <boost/json.hpp>

#include "libs/store/change.h"

namespace keyfence {
namespace {

namespace json = boost::json;

// What a body holds in place of something else. Caught in parse_body(), never seen outside.
struct Malformed {};

template <class T>
T need(std::optional<T> value) {
  if (!value) throw Malformed{};
  return *std::move(value);
}

const json::value& member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) throw Malformed{};
  return *value;
}

const json::object& as_object(const json::value& value) {
  if (!value.is_object()) throw Malformed{};
  return value.get_object();
}

std::string_view as_text(const json::value& value) {
  if (!value.is_string()) throw Malformed{};
  return value.get_string();
}

bool as_boolean(const json::value& value) {
  if (!value.is_bool()) throw Malformed{};
  return value.get_bool();
}

std::uint64_t as_number(const json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (!value.is_int64() || value.get_int64() < 0) throw Malformed{};
  return static_cast<std::uint64_t>(value.get_int64());
}

std::optional<UnixSeconds> as_seconds(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  const std::uint64_t seconds = as_number(value);
  if (seconds > 0xFFFFFFFF) throw Malformed{};
  return UnixSeconds{static_cast<std::uint32_t>(seconds)};
}

std::optional<ErrorStyle> as_style(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return need(parse_error_style(as_text(value)));
}

template <class Id>
Id as_id(const json::value& value) {
  return need(Id::parse(as_text(value)));
}

KeyDigest as_digest(const json::value& value) {
  return need(KeyDigest::parse_hex(as_text(value)));
}

template <class Read>
auto as_vector(const json::value& value, Read read) {
  if (!value.is_array()) throw Malformed{};
  std::vector<decltype(read(value))> out;
  out.reserve(value.get_array().size());
  for (const json::value& element : value.get_array()) out.push_back(read(element));
  return out;
}

IpRange as_range(const json::value& value) {
  Result<ParsedEntry, EntryError> entry = parse_entry(as_text(value));
  if (!entry) throw Malformed{};
  return entry->range;
}

PolicyEntry as_entry(const json::value& value) {
  const json::object& object = as_object(value);
  return {as_id<EntryId>(member(object, "id")), as_range(member(object, "range")),
          object.contains("enabled") ? EntryState::kDisabled : EntryState::kEnabled,
          object.contains("expires_at") ? as_seconds(member(object, "expires_at")) : std::nullopt};
}

AccountPolicy as_account(const json::value& value) {
  const json::object& object = as_object(value);
  AccountPolicy account;
  account.id = as_id<AccountId>(member(object, "id"));
  account.state = need(parse_account_state(as_text(member(object, "state"))));
  account.error_style = as_style(member(object, "error_style"));
  return account;
}

KeyPolicy as_key(const json::value& value) {
  const json::object& object = as_object(value);
  KeyPolicy key;
  key.id = as_id<KeyId>(member(object, "id"));
  key.account = as_id<AccountId>(member(object, "account"));
  key.digest = as_digest(member(object, "digest"));
  key.state = need(parse_key_state(as_text(member(object, "state"))));
  key.expires_at = as_seconds(member(object, "expires_at"));
  key.scopes = as_vector(member(object, "scopes"), [](const json::value& scope) {
    if (!is_scope_name(as_text(scope))) throw Malformed{};
    return std::string(as_text(scope));
  });
  key.allowlist.mode = need(parse_list_mode(as_text(member(object, "mode"))));
  key.allowlist.when_empty = need(parse_when_empty(as_text(member(object, "when_empty"))));
  key.allowlist.entries = as_vector(member(object, "entries"), as_entry);
  return key;
}

ListDelta as_list(const json::value& value) {
  const json::object& object = as_object(value);
  const json::value& account = member(object, "account");
  ListDelta list;
  list.ref = account.is_null() ? ListRef::global() : ListRef::of(as_id<AccountId>(account));
  list.mode = need(parse_list_mode(as_text(member(object, "mode"))));
  list.when_empty = need(parse_when_empty(as_text(member(object, "when_empty"))));
  list.replaces_all = as_boolean(member(object, "replaces_all"));
  list.upserted = as_vector(member(object, "upserted"), as_entry);
  list.removed = as_vector(member(object, "removed"), as_id<EntryId>);
  return list;
}

PolicyChange as_change(const json::object& object) {
  PolicyChange change;
  change.revision = {as_number(member(object, "revision"))};
  change.instance_error_style = as_style(member(object, "instance_error_style"));
  change.accounts = as_vector(member(object, "accounts"), as_account);
  change.removed_accounts = as_vector(member(object, "removed_accounts"), as_id<AccountId>);
  change.keys = as_vector(member(object, "keys"), as_key);
  change.removed_digests = as_vector(member(object, "removed_digests"), as_digest);
  change.lists = as_vector(member(object, "lists"), as_list);
  return change;
}

}  // namespace

std::optional<PolicyChange> parse_body(std::string_view body) {
  try {
    json::parse_options options;
    options.max_depth = 6;
    const json::value parsed = json::parse(body, {}, options);
    PolicyChange change = as_change(as_object(parsed));
    // A member too many, another order, blanks, escapes: whatever the writer would not write is refused here.
    if (to_body(change) != body) return std::nullopt;
    return change;
  } catch (const Malformed&) {
    return std::nullopt;
  } catch (const boost::system::system_error&) {
    return std::nullopt;
  }
}

}  // namespace keyfence
