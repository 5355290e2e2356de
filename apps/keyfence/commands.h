#pragma once

#include <CLI/CLI.hpp>
#include <string_view>

// The subcommands: each adds itself to the command line and leaves its exit code where it is told.
namespace keyfence {

inline constexpr int kExitOk = 0;
inline constexpr int kExitDenied = 1;  // a decision that is a denial; a text that is no entry
inline constexpr int kExitError = 2;   // wrong usage, no answer, or an answer that is an error

void add_serve_command(CLI::App& app, int& exit_code);
void add_operator_command(CLI::App& app, int& exit_code);
void add_check_command(CLI::App& app, int& exit_code);
void add_entry_command(CLI::App& app, int& exit_code);
void add_api_commands(CLI::App& app, int& exit_code);
void add_store_commands(CLI::App& app, int& exit_code);  // backup, restore

// One line on standard error; kExitError.
int fail_command(std::string_view what);

}  // namespace keyfence
