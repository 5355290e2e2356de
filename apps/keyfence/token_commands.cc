#include <iostream>

#include "apps/keyfence/api_commands.h"

namespace keyfence {
namespace {

namespace json = boost::json;

struct TokenFlags {
  std::string id;
  std::string name;
  std::string role;
  std::string account;
  std::string expires;
  std::vector<std::string> addresses;
};

CommandResult<void> list(ApiSession& session, const ApiFlags& flags) {
  auto tokens = session.all("/tokens");
  if (!tokens) return Err{std::move(tokens).error()};
  if (flags.json) {
    print_json(*tokens);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::value& token : *tokens) {
    const std::string state = cell(token, "revoked_at").empty() ? "" : "revoked " + cell(token, "revoked_at");
    rows.push_back({cell(token, "id"), cell(token, "name"), cell(token, "role"), cell(token, "account_id"),
                    cell(token, "expires_at"), cell(token, "last_used_at"), state});
  }
  print_table({"ID", "NAME", "ROLE", "ACCOUNT", "EXPIRES", "LAST USED", "STATE"}, rows);
  return {};
}

CommandResult<void> create(ApiSession& session, const ApiFlags& flags, const TokenFlags& token) {
  json::object body{{"name", token.name}, {"role", token.role}};
  if (!token.account.empty()) body["account_id"] = token.account;
  if (!token.expires.empty()) body["expires_at"] = token.expires;
  if (!token.addresses.empty()) body["addresses"] = json::array(token.addresses.begin(), token.addresses.end());
  const auto answer = session.call("POST", "/tokens", body);
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
    return {};
  }
  std::cout << cell(answer->as_object().at("token"), "id") << "\n\nThe secret, shown this once:\n"
            << cell(*answer, "secret") << '\n';
  return {};
}

CommandResult<void> revoke(ApiSession& session, const ApiFlags& flags, const TokenFlags& token) {
  const auto answer = session.call("DELETE", "/tokens/" + token.id);
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
  } else {
    std::cout << "revoked " << token.id << '\n';
  }
  return {};
}

}  // namespace

void add_token_commands(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<ApiFlags>();
  const auto token = std::make_shared<TokenFlags>();
  CLI::App* group = add_api_group(app, "token", "Management tokens", flags);
  add_api_leaf(*group, "list", "List tokens", flags, exit_code, list);
  CLI::App* creation =
      add_api_leaf(*group, "create", "Create a token and show its secret once", flags, exit_code,
                   [token](ApiSession& session, const ApiFlags& f) { return create(session, f, *token); });
  creation->add_option("name", token->name, "its name")->required();
  creation->add_option("--role", token->role, "operator, owner, admin or viewer")->required();
  creation->add_option("--account", token->account, "the account, unless it is the operator's");
  creation->add_option("--expires", token->expires, "when it ends: 2026-12-31T00:00:00Z");
  creation->add_option("--address", token->addresses, "where it may be used from: address, CIDR or range; repeatable");
  add_api_leaf(*group, "revoke", "Revoke a token for good", flags, exit_code,
               [token](ApiSession& session, const ApiFlags& f) { return revoke(session, f, *token); })
      ->add_option("token", token->id, "its id: tok_…")
      ->required();
}

}  // namespace keyfence
