#include <CLI/CLI.hpp>

#include "apps/keyfence/commands.h"
#include "apps/keyfence/version.h"

int main(int argc, char** argv) {
  CLI::App app("Keyfence: IP allowlists for API keys, enforced inside the gateway", "keyfence");
  app.require_subcommand(1);
  app.set_version_flag("--version", keyfence::kVersion);
  int exit_code = 0;
  keyfence::add_serve_command(app, exit_code);
  keyfence::add_check_command(app, exit_code);
  keyfence::add_entry_command(app, exit_code);
  keyfence::add_api_commands(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : keyfence::kExitError;
  } catch (const std::exception& error) {
    return keyfence::fail_command(error.what());
  }
  return exit_code;
}
