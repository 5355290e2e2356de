#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/admin/metrics.h"
#include "libs/base/clock.h"
#include "libs/base/strong_id.h"
#include "libs/image/reader.h"
#include "libs/net/client_address.h"
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
  std::string_view actor;  // "token:tok_…", or empty
  std::string address;
  std::int64_t duration_micros = 0;
  std::string_view log_detail;  // why, where the answer does not tell
};

// Which proxies tell the client's address in which header.
struct ProxyTrust {
  AddressSet proxies;
  ForwardedHeader kind = ForwardedHeader::kXForwardedFor;
  std::string header = "X-Forwarded-For";
};

// What the routes work with. Everything outlives the application.
struct Services {
  ControlStore& store;
  Publisher& publisher;
  const Clock& clock;
  IdSource& ids;
  AdminMetrics& metrics;
  std::string version;
  Timestamp started_at;
  ProxyTrust proxy_trust = {};
  std::function<void(const RequestSummary&)> log = {};
  UsageStore* usage = nullptr;       // null: this daemon keeps no usage log
  Drain* drain = nullptr;            // likewise
  std::vector<ImageReader> readers;  // one for each worker: decisions are read from the image, as gateways do
};

}  // namespace keyfence
