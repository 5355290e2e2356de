#include <cstdio>
#include <memory>
#include <string>

#include "apps/keyfence/api_session.h"
#include "apps/keyfence/commands.h"
#include "apps/keyfence/first_operator.h"
#include "apps/keyfence/settings.h"

namespace keyfence {
namespace {

struct ResetFlags {
  std::string data_dir;
  std::string login{kFirstOperatorLogin};
  bool drop_second_factor = false;
};

// Where the daemon keeps its data, as it would find out itself.
Result<std::filesystem::path, std::string> data_dir_of(const ResetFlags& flags) {
  if (!flags.data_dir.empty()) return std::filesystem::path(flags.data_dir);
  auto settings = resolve_settings({settings_of_environment(process_environment())});
  if (!settings) return Err{std::move(settings).error()};
  return settings->data_dir;
}

int run(const ResetFlags& flags) {
  const auto data_dir = data_dir_of(flags);
  if (!data_dir) return fail_command(data_dir.error());
  const std::filesystem::path file = *data_dir / "control.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return fail_command("there is no store in " + data_dir->string());
  auto store = open_sqlite_store(file.string());
  if (!store && store.error().code == StoreError::Code::kBusy) {
    return fail_command("the daemon runs on " + data_dir->string() + ": stop it first");
  }
  if (!store) return fail_command(store.error().message);
  const SystemClock clock;
  PasswordHasher hasher;
  const auto drop = flags.drop_second_factor ? PasswordReset::SecondFactor::kDrop : PasswordReset::SecondFactor::kKeep;
  const auto password = reset_password(**store, clock, hasher, {.login = flags.login, .second_factor = drop});
  if (!password) return fail_command(password.error());
  std::printf("The new password of %s, shown this once:\n%s\n", flags.login.c_str(), password->c_str());
  return kExitOk;
}

struct PersonFlags {
  std::string login;  // or an id
  std::string name;
};

CommandResult<void> list(ApiSession& session, const ApiFlags& flags) {
  auto items = session.all("/operators");
  if (!items) return Err{std::move(items).error()};
  if (flags.json) {
    print_json(*items);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const boost::json::value& item : *items) {
    rows.push_back({cell(item, "id"), cell(item, "login"), cell(item, "name"), cell(item, "totp_enabled"),
                    cell(item, "last_sign_in_at")});
  }
  print_table({"ID", "LOGIN", "NAME", "AUTHENTICATOR", "LAST SIGN-IN"}, rows);
  return {};
}

CommandResult<void> create(ApiSession& session, const ApiFlags& flags, const PersonFlags& person) {
  const auto answer =
      session.call("POST", "/operators", boost::json::object{{"login", person.login}, {"name", person.name}});
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
  } else {
    std::printf("%s\n\nThe password of %s, shown this once:\n%s\n", cell(answer->at("operator"), "id").c_str(),
                cell(answer->at("operator"), "login").c_str(), cell(*answer, "password").c_str());
  }
  return {};
}

CommandResult<void> remove(ApiSession& session, const PersonFlags& person) {
  std::string id = person.login;
  if (id.rfind("per_", 0) != 0) {
    const auto items = session.all("/operators");
    if (!items) return Err{items.error()};
    for (const boost::json::value& item : *items) {
      if (cell(item, "login") == person.login) id = cell(item, "id");
    }
    if (id == person.login) return Err{CommandError{"no operator has the login " + person.login}};
  }
  const auto answer = session.call("DELETE", "/operators/" + id);
  if (!answer) return Err{answer.error()};
  std::printf("removed %s\n", id.c_str());
  return {};
}

}  // namespace

void add_operator_command(CLI::App& app, int& exit_code) {
  const auto api = std::make_shared<ApiFlags>();
  CLI::App* group = add_api_group(app, "operator", "Operators of the instance", api);
  add_api_leaf(*group, "list", "List operators", api, exit_code, list);
  const auto person = std::make_shared<PersonFlags>();
  CLI::App* creation =
      add_api_leaf(*group, "create", "Make another operator and show the password once", api, exit_code,
                   [person](ApiSession& session, const ApiFlags& flags) { return create(session, flags, *person); });
  creation->add_option("login", person->login, "the login to be, such as a mail address")->required();
  creation->add_option("--name", person->name, "the person's name")->required();
  add_api_leaf(*group, "remove", "Remove an operator; the last one stays", api, exit_code,
               [person](ApiSession& session, const ApiFlags&) { return remove(session, *person); })
      ->add_option("operator", person->login, "login or id")
      ->required();

  CLI::App* reset =
      group->add_subcommand("reset-password", "Give a person a new password, while the daemon is stopped");
  const auto flags = std::make_shared<ResetFlags>();
  reset->add_option("--data-dir", flags->data_dir, "the daemon's data directory (or KEYFENCE_DATA_DIR)");
  reset->add_option("--login", flags->login, "whose (default operator)");
  reset->add_flag("--drop-second-factor", flags->drop_second_factor, "forget the authenticator and recovery codes too");
  reset->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace keyfence
