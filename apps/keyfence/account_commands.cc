#include <iostream>

#include "apps/keyfence/api_commands.h"

namespace keyfence {
namespace {

namespace json = boost::json;

void print_account(const json::value& account, const ApiFlags& flags) {
  if (flags.json) return print_json(account);
  print_fields({{"id", cell(account, "id")},
                {"name", cell(account, "name")},
                {"state", cell(account, "state")},
                {"error style", cell(account, "error_style")},
                {"created", cell(account, "created_at")},
                {"deleted", cell(account, "deleted_at")},
                {"gone on", cell(account, "purge_at")},
                {"revision", cell(account, "revision")}});
}

CommandResult<void> list(ApiSession& session, const ApiFlags& flags, const std::string& state) {
  auto accounts = session.all(state.empty() ? "/accounts" : "/accounts?state=" + encode_query(state));
  if (!accounts) return Err{std::move(accounts).error()};
  if (flags.json) {
    print_json(*accounts);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::value& account : *accounts) {
    rows.push_back({cell(account, "id"), cell(account, "name"), cell(account, "state"), cell(account, "created_at")});
  }
  print_table({"ID", "NAME", "STATE", "CREATED"}, rows);
  return {};
}

}  // namespace

void add_account_commands(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<ApiFlags>();
  const auto id = std::make_shared<std::string>();
  const auto name = std::make_shared<std::string>();
  const auto style = std::make_shared<std::string>();
  CLI::App* group = add_api_group(app, "account", "Accounts", flags);
  const auto simple = [&](const std::string& leaf_name, const std::string& help, ApiCommand run) {
    add_api_leaf(*group, leaf_name, help, flags, exit_code, std::move(run))
        ->add_option("account", *id, "an account's id: acc_…")
        ->required();
  };
  const auto state_change = [id](std::string state) {
    return [id, state = std::move(state)](ApiSession& session, const ApiFlags& f) -> CommandResult<void> {
      const auto account = session.call("PATCH", "/accounts/" + *id, json::object{{"state", state}});
      if (!account) return Err{account.error()};
      print_account(*account, f);
      return {};
    };
  };

  const auto state = std::make_shared<std::string>();
  add_api_leaf(*group, "list", "List accounts", flags, exit_code, [state](ApiSession& session, const ApiFlags& f) {
    return list(session, f, *state);
  })->add_option("--state", *state, "active, suspended or deleted; all if not named");
  CLI::App* create = add_api_leaf(*group, "create", "Create an account", flags, exit_code,
                                  [name, style](ApiSession& session, const ApiFlags& f) -> CommandResult<void> {
                                    json::object body{{"name", *name}};
                                    if (!style->empty()) body["error_style"] = *style;
                                    const auto account = session.call("POST", "/accounts", body);
                                    if (!account) return Err{account.error()};
                                    print_account(*account, f);
                                    return {};
                                  });
  create->add_option("name", *name, "its name")->required();
  create->add_option("--error-style", *style, "envelope, flat or problem");
  simple("show", "Show an account", [id](ApiSession& session, const ApiFlags& f) -> CommandResult<void> {
    const auto account = session.call("GET", "/accounts/" + *id);
    if (!account) return Err{account.error()};
    print_account(*account, f);
    return {};
  });
  simple("suspend", "Refuse all keys of an account", state_change("suspended"));
  simple("resume", "Let the keys of an account in again", state_change("active"));
  simple("restore", "Take a deletion back, within its grace",
         [id](ApiSession& session, const ApiFlags& f) -> CommandResult<void> {
           const auto account = session.call("POST", "/accounts/" + *id + "/restore");
           if (!account) return Err{account.error()};
           print_account(*account, f);
           return {};
         });
  simple("delete", "Delete an account with its keys and lists; it can be restored for 30 days",
         [id](ApiSession& session, const ApiFlags& f) -> CommandResult<void> {
           const auto gone = session.call("DELETE", "/accounts/" + *id);
           if (!gone) return Err{gone.error()};
           if (f.json) {
             print_json(*gone);
           } else {
             std::cout << "deleted " << *id << ", to be restored until " << cell(*gone, "purge_at") << '\n';
           }
           return {};
         });
}

}  // namespace keyfence
