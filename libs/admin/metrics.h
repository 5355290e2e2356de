#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "libs/publish/publisher.h"
#include "libs/usage/drain.h"

namespace keyfence {

// What the daemon counts, as Prometheus text.
//
// Threads  Safe.
class AdminMetrics {
 public:
  // route: a template of the routing table, or "unmatched"; method and route outlive this object.
  void count_request(std::string_view method, std::string_view route, int status, std::int64_t duration_micros);
  // Text format 0.0.4: the requests counted, and what the publisher tells.
  [[nodiscard]] std::string render(const PublisherStatus& publisher, std::string_view version) const;
  // The same for the usage log.
  [[nodiscard]] static std::string render_usage(const DrainStatus& drain, const UsageStats& store);

 private:
  struct Route {
    std::map<int, std::uint64_t> by_status;
    std::uint64_t duration_micros = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::string_view, std::string_view>, Route> routes_;  // by route, method
};

}  // namespace keyfence
