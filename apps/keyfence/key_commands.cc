#include <boost/json/parse.hpp>
#include <iostream>

#include "apps/keyfence/api_commands.h"

namespace keyfence {
namespace {

namespace json = boost::json;

struct KeyFlags {
  std::string id;
  std::string account;
  std::string name;
  std::string name_contains;
  std::string description;
  std::vector<std::string> scopes;
  std::string expires;
  std::vector<std::string> entries;
  bool deny_when_empty = false;
  std::string file;
};

void print_key(const json::value& key, const ApiFlags& flags) {
  if (flags.json) return print_json(key);
  print_fields({{"id", cell(key, "id")},
                {"account", cell(key, "account_id")},
                {"name", cell(key, "name")},
                {"description", cell(key, "description")},
                {"secret", cell(key, "hint")},
                {"state", cell(key, "state")},
                {"scopes", cell(key, "scopes")},
                {"expires", cell(key, "expires_at")},
                {"created", cell(key, "created_at") + " by " + cell(key, "created_by")},
                {"revision", cell(key, "revision")}});
}

void print_with_secret(const json::value& answer, const ApiFlags& flags) {
  if (flags.json) return print_json(answer);
  print_key(answer.as_object().at("key"), flags);
  print_warnings(answer);
  std::cout << "\nThe secret, shown this once:\n" << cell(answer, "secret") << '\n';
}

CommandResult<void> list(ApiSession& session, const ApiFlags& flags, const KeyFlags& key_flags) {
  std::string path = "/accounts/" + key_flags.account + "/keys";
  if (!key_flags.name_contains.empty()) path += "?name=" + encode_query(key_flags.name_contains);
  auto keys = session.all(path);
  if (!keys) return Err{std::move(keys).error()};
  if (flags.json) {
    print_json(*keys);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::value& key : *keys) {
    rows.push_back({cell(key, "id"), cell(key, "name"), cell(key, "state"), cell(key, "hint"), cell(key, "expires_at"),
                    cell(key, "scopes")});
  }
  print_table({"ID", "NAME", "STATE", "SECRET", "EXPIRES", "SCOPES"}, rows);
  return {};
}

CommandResult<void> create(ApiSession& session, const ApiFlags& flags, const KeyFlags& key_flags) {
  json::object body{{"name", key_flags.name}};
  if (!key_flags.description.empty()) body["description"] = key_flags.description;
  if (!key_flags.scopes.empty()) body["scopes"] = json::array(key_flags.scopes.begin(), key_flags.scopes.end());
  if (!key_flags.expires.empty()) body["expires_at"] = key_flags.expires;
  json::object allowlist;
  if (key_flags.deny_when_empty) allowlist["when_empty"] = "deny";
  json::array entries;
  for (const std::string& text : key_flags.entries) entries.emplace_back(json::object{{"text", text}});
  if (!entries.empty()) allowlist["entries"] = std::move(entries);
  if (!allowlist.empty()) body["allowlist"] = std::move(allowlist);
  const auto answer = session.call("POST", "/accounts/" + key_flags.account + "/keys", body);
  if (!answer) return Err{answer.error()};
  print_with_secret(*answer, flags);
  return {};
}

CommandResult<void> import(ApiSession& session, const ApiFlags& flags, const KeyFlags& key_flags) {
  const auto text = read_input(key_flags.file);
  if (!text) return Err{text.error()};
  boost::system::error_code error;
  const json::value body = json::parse(*text, error);
  if (error) return Err{CommandError{key_flags.file + ": not JSON: " + error.message()}};
  const auto answer = session.call("POST", "/accounts/" + key_flags.account + "/keys/import", body);
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
  } else {
    std::cout << "imported " << cell(*answer, "imported") << " keys, revision " << cell(*answer, "revision") << '\n';
  }
  return {};
}

}  // namespace

void add_key_commands(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<ApiFlags>();
  const auto key = std::make_shared<KeyFlags>();
  CLI::App* group = add_api_group(app, "key", "Keys of an account", flags);
  using Run = CommandResult<void> (*)(ApiSession&, const ApiFlags&, const KeyFlags&);
  const auto with_account = [&](const std::string& name, const std::string& help, Run run) {
    CLI::App* leaf = add_api_leaf(*group, name, help, flags, exit_code,
                                  [key, run](ApiSession& session, const ApiFlags& f) { return run(session, f, *key); });
    leaf->add_option("account", key->account, "the account's id: acc_…")->required();
    return leaf;
  };
  with_account("list", "List the keys of an account", list)
      ->add_option("--name", key->name_contains, "only keys whose name contains this");
  CLI::App* creation = with_account("create", "Create a key and show its secret once", create);
  creation->add_option("name", key->name, "its name")->required();
  creation->add_option("--description", key->description, "what it is for");
  creation->add_option("--scope", key->scopes, "what it may do; may be repeated");
  creation->add_option("--expires", key->expires, "when it ends: 2026-12-31T00:00:00Z");
  creation->add_option("--allow", key->entries, "an entry of its allowlist; may be repeated");
  creation->add_flag("--deny-when-empty", key->deny_when_empty, "admit nobody until an entry is added");
  with_account("import", "Import existing keys by digest", import)
      ->add_option("file", key->file, "JSON: [{\"digest\": …, \"name\": …}]; - is standard input")
      ->required();

  const auto with_key = [&](const std::string& name, const std::string& help, ApiCommand run) {
    add_api_leaf(*group, name, help, flags, exit_code, std::move(run))
        ->add_option("key", key->id, "the key's id: key_…")
        ->required();
  };
  const auto shown = [](const CommandResult<json::value>& answer, const ApiFlags& f) -> CommandResult<void> {
    if (!answer) return Err{answer.error()};
    print_key(*answer, f);
    return {};
  };
  with_key("show", "Show a key", [key, shown](ApiSession& session, const ApiFlags& f) {
    return shown(session.call("GET", "/keys/" + key->id), f);
  });
  with_key("disable", "Refuse a key until it is enabled", [key, shown](ApiSession& session, const ApiFlags& f) {
    return shown(session.call("PATCH", "/keys/" + key->id, json::object{{"state", "disabled"}}), f);
  });
  with_key("enable", "Let a disabled key in again", [key, shown](ApiSession& session, const ApiFlags& f) {
    return shown(session.call("PATCH", "/keys/" + key->id, json::object{{"state", "active"}}), f);
  });
  with_key("revoke", "Refuse a key for good", [key, shown](ApiSession& session, const ApiFlags& f) {
    return shown(session.call("POST", "/keys/" + key->id + "/revoke"), f);
  });
  with_key("rotate", "Give a key a new secret; the old one ends at once",
           [key](ApiSession& session, const ApiFlags& f) -> CommandResult<void> {
             const auto answer = session.call("POST", "/keys/" + key->id + "/rotate");
             if (!answer) return Err{answer.error()};
             print_with_secret(*answer, f);
             return {};
           });
  with_key("delete", "Delete a key and its allowlist",
           [key](ApiSession& session, const ApiFlags& f) -> CommandResult<void> {
             const auto answer = session.call("DELETE", "/keys/" + key->id);
             if (!answer) return Err{answer.error()};
             if (f.json) {
               print_json(*answer);
             } else {
               std::cout << "deleted " << key->id << '\n';
             }
             return {};
           });
}

}  // namespace keyfence
