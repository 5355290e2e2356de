#include "apps/keyfence/commands.h"

namespace keyfence {

void add_api_commands(CLI::App&, int&) {}

}  // namespace keyfence
