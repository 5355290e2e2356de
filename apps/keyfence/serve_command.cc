#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "apps/keyfence/commands.h"
#include "apps/keyfence/serve.h"

namespace keyfence {
namespace {

struct ServeFlags {
  std::map<std::string, std::string> settings;
  std::string config_file;
  std::string first_token_file;
  std::string first_password_file;
  std::string ready_file;
  bool new_operator_token = false;
};

std::optional<std::filesystem::path> optional_path(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

Result<std::vector<WrittenSettings>, std::string> layers_of(const CLI::App& command, const ServeFlags& flags) {
  std::vector<WrittenSettings> layers(1);
  for (const auto& [name, text] : flags.settings) {
    const std::string flag = flag_of(name);
    if (command.count(flag) > 0) layers.front().emplace(name, WrittenSetting{text, flag});
  }
  const Environment environment = process_environment();
  layers.push_back(settings_of_environment(environment));
  std::string file = flags.config_file;
  if (file.empty()) file = environment("KEYFENCE_CONFIG").value_or("");
  if (!file.empty()) {
    auto settings = settings_of_file(file);
    if (!settings) return Err{std::move(settings).error()};
    layers.push_back(std::move(*settings));
  }
  return layers;
}

int run(const CLI::App& command, const ServeFlags& flags) {
  auto layers = layers_of(command, flags);
  if (!layers) return fail_command(layers.error());
  auto settings = resolve_settings(*layers);
  if (!settings) return fail_command(settings.error());
  return serve({.settings = std::move(*settings),
                .new_token = flags.new_operator_token ? NewToken::kAlways : NewToken::kIfNoneYet,
                .first_token_file = optional_path(flags.first_token_file),
                .first_password_file = optional_path(flags.first_password_file),
                .ready_file = optional_path(flags.ready_file)});
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("serve", "Run the daemon: store, policy image and admin API");
  const auto flags = std::make_shared<ServeFlags>();
  for (const SettingDescription& known : serve_settings_known()) {
    command->add_option(flag_of(known.name), flags->settings[std::string(known.name)], std::string(known.help));
  }
  command->add_option("--config", flags->config_file, "TOML file with settings (or KEYFENCE_CONFIG)");
  command->add_option("--first-token-file", flags->first_token_file,
                      "write the first operator token here (0600) instead of printing it");
  command->add_option("--first-password-file", flags->first_password_file,
                      "write the first operator's password here (0600) instead of printing it");
  command->add_option("--ready-file", flags->ready_file, "write {api_url, policy_dir, pid} here once ready");
  command->add_flag("--new-operator-token", flags->new_operator_token,
                    "make another operator token at this start: for an operator who lost theirs");
  command->callback([command, flags, &exit_code] { exit_code = run(*command, *flags); });
}

}  // namespace keyfence
