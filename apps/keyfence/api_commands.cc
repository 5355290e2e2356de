#include "apps/keyfence/api_commands.h"

#include "apps/keyfence/commands.h"

namespace keyfence {

void add_api_commands(CLI::App& app, int& exit_code) {
  add_account_commands(app, exit_code);
  add_key_commands(app, exit_code);
  add_list_commands(app, exit_code);
  add_member_commands(app, exit_code);
  add_token_commands(app, exit_code);
  add_log_command(app, exit_code);
  add_question_commands(app, exit_code);
  add_audit_commands(app, exit_code);
  add_declared_commands(app, exit_code);
}

}  // namespace keyfence
