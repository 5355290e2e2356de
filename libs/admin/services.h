#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/admin/auth.h"
#include "libs/admin/last_uses.h"
#include "libs/admin/metrics.h"
#include "libs/admin/rate_limit.h"
#include "libs/admin/sign_in/password_hasher.h"
#include "libs/admin/sign_in/sign_in_throttle.h"
#include "libs/admin/static_files.h"
#include "libs/base/clock.h"
#include "libs/base/strong_id.h"
#include "libs/image/reader.h"
#include "libs/publish/publisher.h"
#include "libs/store/control_store.h"
#include "libs/usage/drain.h"
#include "libs/usage/usage_store.h"

namespace keyfence {

// One request as the log tells it: no query, no body, no header.
struct RequestSummary {
  std::string_view request_id;
  std::string_view method;
  std::string_view path;
  int status = 0;
  std::string_view code;   // of a problem; else empty
  std::string_view actor;  // "token:tok_…", "person:per_…", or empty
  std::string address;
  std::int64_t duration_micros = 0;
  std::string_view log_detail;  // why, where the answer does not tell
};

// What the routes work with. Everything outlives the application.
struct Services {
  ControlStore& store;
  Publisher& publisher;
  const Clock& clock;
  IdSource& ids;
  AdminMetrics& metrics;
  PasswordHasher& hasher;
  SignInThrottle& throttle;
  std::string version;
  Timestamp started_at;
  ProxyTrust proxy_trust = {};
  std::function<void(const RequestSummary&)> log = {};
  const StaticFiles* console = nullptr;  // null: none is served
  std::unique_ptr<LastUses> last_uses = std::make_unique<LastUses>();
  RateLimiter* rate_limiter = nullptr;  // null: callers may make as many requests as they like
  UsageStore* usage = nullptr;          // null: this daemon keeps no usage log
  Drain* drain = nullptr;               // likewise
  std::vector<ImageReader> readers;     // one for each worker: decisions are read from the image, as gateways do
};

}  // namespace keyfence
