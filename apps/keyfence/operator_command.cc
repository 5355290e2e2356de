#include <cstdio>
#include <memory>
#include <string>

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

}  // namespace

void add_operator_command(CLI::App& app, int& exit_code) {
  CLI::App* group = app.add_subcommand("operator", "What needs the data directory instead of a sign-in");
  group->require_subcommand(1);
  CLI::App* reset =
      group->add_subcommand("reset-password", "Give a person a new password, while the daemon is stopped");
  const auto flags = std::make_shared<ResetFlags>();
  reset->add_option("--data-dir", flags->data_dir, "the daemon's data directory (or KEYFENCE_DATA_DIR)");
  reset->add_option("--login", flags->login, "whose (default operator)");
  reset->add_flag("--drop-second-factor", flags->drop_second_factor, "forget the authenticator and recovery codes too");
  reset->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace keyfence
