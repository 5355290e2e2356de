#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "apps/keyfence/commands.h"
#include "apps/keyfence/version.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app("Keyfence: IP allowlists for API keys, enforced inside the gateway", "keyfence");
  app.require_subcommand(1);
  app.set_version_flag("--version", keyfence::kVersion);
  int exit_code = keyfence::kExitOk;
  keyfence::add_serve_command(app, exit_code);
  keyfence::add_operator_command(app, exit_code);
  keyfence::add_check_command(app, exit_code);
  keyfence::add_entry_command(app, exit_code);
  keyfence::add_api_commands(app, exit_code);
  keyfence::add_store_commands(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? keyfence::kExitOk : keyfence::kExitError;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "keyfence: %s\n", error.what());
  } catch (...) {
    std::fputs("keyfence: failed for an unknown reason\n", stderr);
  }
  return keyfence::kExitError;
}
