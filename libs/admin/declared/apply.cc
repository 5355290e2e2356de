#include "libs/admin/declared/apply.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "libs/admin/input.h"
#include "libs/admin/list_target.h"
#include "libs/admin/list_writer.h"
#include "libs/admin/views.h"
#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

namespace json = boost::json;

Problem at(const std::string& pointer, std::string code, std::string message) {
  return invalid_input({{.pointer = pointer, .code = std::move(code), .message = std::move(message)}});
}

// What is different between two rows, as {"member": [before, after]}.
json::object members_changed(const json::object& before, const json::object& after) {
  json::object changed;
  for (const auto& member : after) {
    const json::value* was = before.if_contains(member.key());
    if (was != nullptr && *was == member.value()) continue;
    changed[member.key()] = json::array{was != nullptr ? *was : json::value(nullptr), member.value()};
  }
  return changed;
}

// One document on its way into one transaction.
class Applier {
 public:
  // settings: that the lists of the document were judged by.
  Applier(ChangeContext& change, const Call& call, Unnamed unnamed, InstanceRow instance, Revision settings)
      : change_(change), call_(call), unnamed_(unnamed), instance_(instance), settings_(settings) {}

  Result<void, Problem> account(const DeclaredAccount& wanted);
  Result<void, Problem> list(const DeclaredList& wanted, ListRef ref, const std::string& subject,
                             const std::string& name, std::optional<AccountId> account);
  [[nodiscard]] Applied take() && { return std::move(applied_); }

 private:
  Result<std::optional<AccountRow>, Problem> find(const DeclaredAccount& wanted);
  Result<std::optional<KeyRow>, Problem> find(const DeclaredKey& wanted, AccountId account);
  Result<void, Problem> read_names(AccountId account);
  Result<KeyId, Problem> key(const DeclaredKey& wanted, const AccountRow& account);
  Result<KeyId, Problem> make_key(const DeclaredKey& wanted, const AccountRow& account);
  Result<void, Problem> delete_unnamed(const AccountRow& account, const std::set<KeyId>& named);
  void note(std::string_view action, std::string_view kind, const std::string& subject, const std::string& name,
            json::object details);

  ChangeContext& change_;
  const Call& call_;
  Unnamed unnamed_;
  InstanceRow instance_;
  Revision settings_;
  // The keys of the account that is being brought to its state, by name; read when the first one is looked for by name.
  std::optional<std::unordered_multimap<std::string, KeyId>> names_;
  Applied applied_;
};

void Applier::note(std::string_view action, std::string_view kind, const std::string& subject, const std::string& name,
                   json::object details) {
  details["action"] = action;
  details["kind"] = kind;
  details["subject"] = subject;
  details["name"] = name;
  applied_.changes.emplace_back(std::move(details));
}

Result<std::optional<AccountRow>, Problem> Applier::find(const DeclaredAccount& wanted) {
  if (wanted.id) {
    auto row = change_.tx.account(*wanted.id);
    if (row) return std::optional(std::move(*row));
    if (row.error().code != StoreError::Code::kNotFound) return Err{problem_of(row.error())};
  }
  auto row = change_.tx.account_by_name(wanted.name);
  if (!row) return Err{problem_of(row.error())};
  // With an id that is another one, the name is taken.
  if (*row && wanted.id) return Err{at(wanted.pointer + "/name", "duplicate_name", "is taken by another account")};
  return std::move(*row);
}

Result<void, Problem> Applier::account(const DeclaredAccount& wanted) {
  auto found = find(wanted);
  if (!found) return Err{std::move(found).error()};
  AccountRow row;
  if (!*found) {
    row.id = wanted.id.value_or(AccountId(call_.services.ids.next()));
    row.name = wanted.name;
    row.state = wanted.state;
    row.error_style = wanted.error_style;
    row.created_at = call_.now;
    if (auto made = checked(change_.tx.insert_account(row)); !made) return made;
    change_.audit("account.create", row.id.text(), row.id, nullptr, view(row));
    note("create", "account", row.id.text(), row.name, {});
  } else {
    row = std::move(**found);
    if (row.deletion) {
      return Err{Problem{.status = 409,
                         .code = "account_deleted",
                         .detail = "The account " + row.name + " is deleted: restore it first."}};
    }
    const json::object before = view(row);
    if (row.name != wanted.name) {
      auto unique = require_free_name(change_.tx, call_.caller, wanted.name, row.id);
      if (!unique) return unique;
    }
    row.name = wanted.name;
    row.state = wanted.state;
    row.error_style = wanted.error_style;
    json::object changed = members_changed(before, view(row));
    if (!changed.empty()) {
      if (auto updated = checked(change_.tx.update_account(row)); !updated) return updated;
      change_.audit("account.update", row.id.text(), row.id, before, view(row));
      note("update", "account", row.id.text(), row.name, {{"changed", std::move(changed)}});
    }
  }
  if (wanted.allowlist) {
    auto written = list(*wanted.allowlist, ListRef::of(row.id), row.id.text(), row.name, row.id);
    if (!written) return written;
  }
  std::set<KeyId> named;
  names_.reset();
  for (const DeclaredKey& one : wanted.keys) {
    auto id = key(one, row);
    if (!id) return Err{std::move(id).error()};
    if (!named.insert(*id).second) return Err{at(one.pointer, "duplicate_key", "an earlier one is the same key")};
  }
  return unnamed_ == Unnamed::kDeleted ? delete_unnamed(row, named) : Result<void, Problem>();
}

Result<std::optional<KeyRow>, Problem> Applier::find(const DeclaredKey& wanted, AccountId account) {
  const auto in_account = [&](const KeyRow& row) -> Result<std::optional<KeyRow>, Problem> {
    if (row.account != account) return Err{at(wanted.pointer, "key_elsewhere", "is a key of another account")};
    return std::optional(row);
  };
  if (wanted.id) {
    const auto row = change_.tx.key(*wanted.id);
    if (row) return in_account(*row);
    if (row.error().code != StoreError::Code::kNotFound) return Err{problem_of(row.error())};
  }
  if (wanted.digest) {
    const auto row = change_.tx.key_by_digest(*wanted.digest);
    if (!row) return Err{problem_of(row.error())};
    if (*row) return in_account(**row);
  }
  if (wanted.id || wanted.digest) return std::optional<KeyRow>();
  if (auto read = read_names(account); !read) return Err{std::move(read).error()};
  const auto found = names_->equal_range(wanted.name);
  if (found.first == found.second) return std::optional<KeyRow>();
  if (std::next(found.first) != found.second) {
    return Err{at(wanted.pointer + "/name", "ambiguous", "fits several keys: name the id")};
  }
  auto row = change_.tx.key(found.first->second);
  if (!row) return Err{problem_of(row.error())};
  return std::optional(std::move(*row));
}

Result<void, Problem> Applier::read_names(AccountId account) {
  if (names_) return {};
  names_.emplace();
  PageRequest page{.after = 0, .limit = 1'000};
  for (;;) {
    const auto rows = change_.tx.keys(account, "", page);
    if (!rows) return Err{problem_of(rows.error())};
    for (const KeyRow& row : *rows) names_->emplace(row.name, row.id);
    if (rows->size() < page.limit) return {};
    page.after = rows->back().id.value();
  }
}

Result<KeyId, Problem> Applier::make_key(const DeclaredKey& wanted, const AccountRow& account) {
  const NewSecret secret = NewSecret::make("kf_");
  const KeyRow row{.id = wanted.id.value_or(KeyId(call_.services.ids.next())),
                   .account = account.id,
                   .name = wanted.name,
                   .description = wanted.description,
                   .digest = wanted.digest.value_or(secret.digest()),
                   .hint = wanted.digest ? "" : hint_of(secret.reveal_once()),
                   .state = wanted.state,
                   .expires_at = wanted.expires_at,
                   .scopes = wanted.scopes,
                   .created_by = call_.caller.actor(),
                   .created_at = call_.now,
                   .changed = {}};
  if (auto made = checked(change_.tx.insert_key(row)); !made) return Err{std::move(made).error()};
  if (names_) names_->emplace(row.name, row.id);
  change_.audit("key.create", row.id.text(), row.account, nullptr, view(row));
  note("create", "key", row.id.text(), row.name, {{"account", account.name}});
  if (!wanted.digest) {
    applied_.secrets.emplace_back(
        json::object{{"key_id", row.id.text()}, {"name", row.name}, {"secret", secret.reveal_once()}});
  }
  return row.id;
}

Result<KeyId, Problem> Applier::key(const DeclaredKey& wanted, const AccountRow& account) {
  auto found = find(wanted, account.id);
  if (!found) return Err{std::move(found).error()};
  KeyId id;
  if (!*found) {
    auto made = make_key(wanted, account);
    if (!made) return made;
    id = *made;
  } else {
    KeyRow row = std::move(**found);
    id = row.id;
    const json::object before = view(row);
    const KeyDigest digest_before = row.digest;
    if (row.state == KeyState::kRevoked && wanted.state != KeyState::kRevoked) return Err{key_revoked()};
    if (names_ && row.name != wanted.name) {
      const auto [first, last] = names_->equal_range(row.name);
      const auto own = std::find_if(first, last, [&](const auto& one) { return one.second == row.id; });
      if (own != last) names_->erase(own);
      names_->emplace(wanted.name, row.id);
    }
    row.name = wanted.name;
    row.description = wanted.description;
    row.scopes = wanted.scopes;
    row.expires_at = wanted.expires_at;
    row.state = wanted.state;
    if (wanted.digest && *wanted.digest != row.digest) {
      row.digest = *wanted.digest;
      row.hint = "";
    }
    json::object changed = members_changed(before, view(row));
    if (!changed.empty() || row.digest != digest_before) {
      if (auto updated = checked(change_.tx.update_key(row)); !updated) return Err{std::move(updated).error()};
      change_.audit("key.update", row.id.text(), row.account, before, view(row));
      note("update", "key", row.id.text(), row.name, {{"account", account.name}, {"changed", std::move(changed)}});
    }
  }
  if (wanted.allowlist) {
    auto written = list(*wanted.allowlist, ListRef::of(id), id.text(), wanted.name, account.id);
    if (!written) return Err{std::move(written).error()};
  }
  return id;
}

Result<void, Problem> Applier::delete_unnamed(const AccountRow& account, const std::set<KeyId>& named) {
  PageRequest page{.after = 0, .limit = 1'000};
  for (;;) {
    const auto rows = change_.tx.keys(account.id, "", page);
    if (!rows) return Err{problem_of(rows.error())};
    for (const KeyRow& row : *rows) {
      if (named.contains(row.id)) continue;
      if (auto gone = checked(change_.tx.delete_key(row.id)); !gone) return gone;
      change_.audit("key.delete", row.id.text(), row.account, view(row), nullptr);
      note("delete", "key", row.id.text(), row.name, {{"account", account.name}});
    }
    if (rows->size() < page.limit) return {};
    page.after = rows->back().id.value();
  }
}

Result<void, Problem> Applier::list(const DeclaredList& wanted, ListRef ref, const std::string& subject,
                                    const std::string& name_of_owner, std::optional<AccountId> account) {
  const auto standing = change_.tx.list(ref);
  if (!standing) return Err{problem_of(standing.error())};
  if (instance_.changed != settings_) {
    const auto judged = judge_list(instance_, ref.layer, wanted.entries);
    if (!judged) return Err{judged.error()};
  }
  if (auto unconfirmed = refuse_unconfirmed_mode(call_, *standing, wanted.mode)) return Err{std::move(*unconfirmed)};
  auto rows = all_entries(change_.tx, ref);
  if (!rows) return Err{rows.error()};
  std::map<IpRange, const EntryRow*> left;
  for (const EntryRow& row : *rows) left.emplace(row.range, &row);
  json::array added;
  json::array changed;
  for (const EntryInput& input : wanted.entries) {
    const auto found = left.find(input.parsed.range);
    if (found == left.end()) {
      added.emplace_back(input.text);
      continue;
    }
    if (!same_settings(*found->second, input)) changed.emplace_back(input.text);
    left.erase(found);
  }
  json::array removed;
  for (const auto& [range, row] : left) removed.emplace_back(row->text);
  json::object settings;
  if (standing->mode != wanted.mode) settings["mode"] = json::array{name(standing->mode), name(wanted.mode)};
  if (standing->when_empty != wanted.when_empty) {
    settings["when_empty"] = json::array{name(standing->when_empty), name(wanted.when_empty)};
  }
  if (added.empty() && changed.empty() && removed.empty() && settings.empty()) return {};
  if (auto opening = refuse_opening(call_, *standing, {wanted.entries.size(), wanted.when_empty})) {
    return Err{std::move(*opening)};
  }
  const ListEdit edit = edit_list(std::move(*rows), wanted.entries, call_);
  if (auto written = write_edit(change_.tx, ref, edit); !written) return written;
  if (auto updated = checked(change_.tx.update_list(ref, wanted.mode, wanted.when_empty)); !updated) return updated;
  ListRow now = *standing;
  now.mode = wanted.mode;
  now.when_empty = wanted.when_empty;
  now.entry_count = wanted.entries.size();
  ListTexts texts = texts_of(*standing, now, edit);
  change_.audit_text("allowlist.replace", subject, account, std::move(texts.before), std::move(texts.after));
  note("update", "allowlist", subject, name_of_owner,
       {{"settings", std::move(settings)},
        {"added", std::move(added)},
        {"removed", std::move(removed)},
        {"changed", std::move(changed)}});
  return {};
}

}  // namespace

Result<Applied, Problem> apply_declaration(ChangeContext& change, const Call& call, const Declaration& declaration,
                                           Unnamed unnamed) {
  const auto instance = change.tx.instance();
  if (!instance) return Err{problem_of(instance.error())};
  Applier applier(change, call, unnamed, *instance, declaration.settings);
  if (declaration.allowlist) {
    auto written = applier.list(*declaration.allowlist, ListRef::global(), "global", "global", std::nullopt);
    if (!written) return Err{std::move(written).error()};
  }
  for (const DeclaredAccount& account : declaration.accounts) {
    auto written = applier.account(account);
    if (!written) return Err{std::move(written).error()};
  }
  return std::move(applier).take();
}

}  // namespace keyfence
