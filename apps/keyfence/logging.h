#pragma once

#include "apps/keyfence/settings.h"
#include "libs/admin/services.h"

namespace keyfence {

// Logs go to standard error, one line each.
void start_logging(LogLevel level, LogFormat format);
// Changes and failures at info and above, reads at debug.
void log_request(const RequestSummary& request);
// Trouble with the usage log as a warning.
void log_drain_news(DrainNews news, const std::string& what);

}  // namespace keyfence
