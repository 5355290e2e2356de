#include <iostream>
#include <memory>
#include <system_error>

#include "apps/keyfence/commands.h"
#include "apps/keyfence/settings.h"
#include "apps/keyfence/store_path.h"
#include "libs/base/clock.h"
#include "libs/store/store_files.h"

namespace keyfence {
namespace {

struct StoreFlags {
  std::string file;
  std::string data_dir;
  bool replace = false;
};

void print_summary(const std::string& what, const StoreSummary& summary) {
  std::cout << what << ": " << summary.accounts << " accounts, " << summary.keys << " keys, " << summary.audit_lines
            << " audit lines, revision " << summary.revision.value << ", " << summary.bytes << " bytes, checked\n";
}

int back_up(const StoreFlags& flags) {
  const auto path = store_path(flags.data_dir);
  if (!path) return fail_command(path.error());
  const auto summary = back_up_store(*path, flags.file);
  if (!summary) return fail_command(summary.error().message);
  print_summary(flags.file, *summary);
  return kExitOk;
}

int restore(const StoreFlags& flags) {
  const auto path = store_path(flags.data_dir);
  if (!path) return fail_command(path.error());
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(*path).parent_path(), error);
  if (error) return fail_command(*path + ": its directory cannot be made: " + error.message());
  const auto standing = flags.replace ? StandingStore::kSetAside : StandingStore::kRefuse;
  const auto summary = restore_store(flags.file, *path, standing, SystemClock().now());
  if (!summary) {
    const bool stands = summary.error().code == StoreError::Code::kPrecondition && !flags.replace;
    return fail_command(summary.error().message + (stands ? "; --replace sets it aside" : ""));
  }
  print_summary(*path, *summary);
  return kExitOk;
}

}  // namespace

Result<std::string, std::string> store_path(const std::string& data_dir) {
  std::vector<WrittenSettings> layers(1);
  if (!data_dir.empty()) layers.front().emplace("data_dir", WrittenSetting{data_dir, "--data-dir"});
  WrittenSettings environment = settings_of_environment(process_environment());
  const auto named = environment.find("data_dir");
  if (named != environment.end()) layers.push_back({*named});
  const auto settings = resolve_settings(layers);
  if (!settings) return Err{settings.error()};
  return (settings->data_dir / "control.db").string();
}

void add_store_commands(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<StoreFlags>();
  CLI::App* backup = app.add_subcommand("backup", "Copy the store of this machine into a file while it is in use");
  backup->add_option("file", flags->file, "a file that is not there yet")->required();
  backup->add_option("--data-dir", flags->data_dir, "the data directory (or KEYFENCE_DATA_DIR)");
  backup->callback([flags, &exit_code] { exit_code = back_up(*flags); });
  CLI::App* restoring = app.add_subcommand("restore", "Put a backup in the place of the store; the daemon is stopped");
  restoring->add_option("file", flags->file, "what backup wrote")->required();
  restoring->add_option("--data-dir", flags->data_dir, "the data directory (or KEYFENCE_DATA_DIR)");
  restoring->add_flag("--replace", flags->replace, "set the store that stands there aside");
  restoring->callback([flags, &exit_code] { exit_code = restore(*flags); });
}

}  // namespace keyfence
