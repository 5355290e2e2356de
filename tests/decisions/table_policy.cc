#include "tests/decisions/table_policy.h"

#include "libs/base/assert.h"

namespace keyfence::decisions {
namespace {

UnixSeconds after(UnixSeconds now, Offset offset) {
  return UnixSeconds{static_cast<std::uint32_t>(now.value + offset.count())};
}

std::optional<UnixSeconds> after(UnixSeconds now, const std::optional<Offset>& offset) {
  if (!offset) return std::nullopt;
  return after(now, *offset);
}

Allowlist make_list(const ListSpec& spec, UnixSeconds now, std::uint64_t& last_id) {
  Allowlist list{spec.mode, spec.when_empty, {}};
  for (const EntrySpec& entry : spec.entries) {
    list.entries.push_back({EntryId(++last_id), entry.range, entry.state, after(now, entry.expires)});
  }
  return list;
}

}  // namespace

TablePolicy make_policy(const DecisionTable& table, UnixSeconds now) {
  TablePolicy policy;
  std::uint64_t last_id = 0;
  policy.instance = {table.error_style, make_list(table.global, now, last_id)};
  for (const AccountSpec& account : table.accounts) {
    const AccountId id(++last_id);
    policy.account_ids.emplace(account.name, id);
    policy.accounts.push_back({id, account.state, account.error_style, make_list(account.allowlist, now, last_id)});
  }
  for (const KeySpec& key : table.keys) {
    const KeyId id(++last_id);
    const std::string secret = key.secret ? *key.secret : NewSecret::make("kf_").reveal_once();
    policy.key_ids.emplace(key.name, id);
    policy.secrets.emplace(key.name, secret);
    policy.keys.push_back({id, policy.account_ids.at(key.account), sha256(secret), key.state, after(now, key.expires),
                           key.scopes, make_list(key.allowlist, now, last_id)});
  }
  return policy;
}

std::string credential_text(const Case& c, const TablePolicy& policy) {
  switch (c.credential) {
    case Credential::kNone:
      return "";
    case Credential::kOfKey:
      return policy.secrets.at(c.key);
    case Credential::kUnknown:
      return NewSecret::make("kf_").reveal_once();
    case Credential::kMistyped: {
      std::string secret = NewSecret::make("kf_").reveal_once();
      secret[10] = secret[10] == 'x' ? 'y' : 'x';
      return secret;
    }
  }
  KF_ASSERT(false);
}

std::vector<ScopeTag> scope_tags(const std::vector<std::string>& scopes) {
  std::vector<ScopeTag> tags;
  tags.reserve(scopes.size());
  for (const std::string& scope : scopes) tags.push_back(scope_tag(scope));
  return tags;
}

}  // namespace keyfence::decisions
