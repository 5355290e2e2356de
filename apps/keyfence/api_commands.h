#pragma once

#include "apps/keyfence/api_session.h"

// The commands that talk to the admin API, by group.
namespace keyfence {

void add_account_commands(CLI::App& app, int& exit_code);
void add_key_commands(CLI::App& app, int& exit_code);
void add_list_commands(CLI::App& app, int& exit_code);
void add_member_commands(CLI::App& app, int& exit_code);  // member, invite
void add_token_commands(CLI::App& app, int& exit_code);
void add_log_command(CLI::App& app, int& exit_code);
void add_question_commands(CLI::App& app, int& exit_code);  // decide, status
void add_audit_commands(CLI::App& app, int& exit_code);
void add_declared_commands(CLI::App& app, int& exit_code);  // export, apply

}  // namespace keyfence
