#include "libs/admin/metrics.h"

namespace keyfence {
namespace {

void describe(std::string& out, std::string_view metric, std::string_view type, std::string_view help) {
  out.append("# HELP ").append(metric).append(" ").append(help).append("\n");
  out.append("# TYPE ").append(metric).append(" ").append(type).append("\n");
}

void gauge(std::string& out, std::string_view metric, std::string_view help, std::uint64_t value) {
  describe(out, metric, "gauge", help);
  out.append(metric).append(" ").append(std::to_string(value)).append("\n");
}

void counter(std::string& out, std::string_view metric, std::string_view help, std::uint64_t value) {
  describe(out, metric, "counter", help);
  out.append(metric).append(" ").append(std::to_string(value)).append("\n");
}

std::string seconds_text(std::uint64_t micros) {
  std::string fraction = std::to_string(micros % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::to_string(micros / 1'000'000) + "." + fraction;
}

}  // namespace

void AdminMetrics::count_request(std::string_view method, std::string_view route, int status,
                                 std::int64_t duration_micros) {
  const std::lock_guard lock(mutex_);
  Route& counters = routes_[{route, method}];
  ++counters.by_status[status];
  counters.duration_micros += static_cast<std::uint64_t>(duration_micros > 0 ? duration_micros : 0);
}

std::string AdminMetrics::render(const PublisherStatus& publisher, std::string_view version) const {
  std::string out;
  describe(out, "keyfence_build_info", "gauge", "Always 1; the version is the label.");
  out.append("keyfence_build_info{version=\"").append(version).append("\"} 1\n");
  gauge(out, "keyfence_store_revision", "Policy revision of the store.", publisher.store_revision.value);
  gauge(out, "keyfence_image_revision", "Policy revision that gateways of this machine see.",
        publisher.image_revision.value);
  gauge(out, "keyfence_image_generation", "Generation of the policy image.", publisher.image.generation);
  gauge(out, "keyfence_image_keys", "Keys in the policy image.", publisher.image.keys);
  gauge(out, "keyfence_image_accounts", "Accounts in the policy image.", publisher.image.accounts);
  gauge(out, "keyfence_image_file_bytes", "What the image file may grow to.", publisher.image.file_bytes);
  gauge(out, "keyfence_image_reserved_bytes", "What the image takes of its file system.",
        publisher.image.reserved_bytes);
  gauge(out, "keyfence_image_arena_used_bytes", "Bytes of records in the image.", publisher.image.arena_used_bytes);
  gauge(out, "keyfence_image_arena_garbage_bytes", "Bytes of records that nothing points to any more.",
        publisher.image.arena_garbage_bytes);
  gauge(out, "keyfence_publisher_failed", "1 while the image lags behind the store.",
        publisher.failure.has_value() ? 1 : 0);

  const std::lock_guard lock(mutex_);
  const auto labels = [&out](const auto& key) {
    out.append("{method=\"").append(key.second).append("\",route=\"").append(key.first).append("\"");
  };
  describe(out, "keyfence_http_requests_total", "counter", "Requests to the admin API.");
  for (const auto& [key, route] : routes_) {
    for (const auto& [status, count] : route.by_status) {
      out.append("keyfence_http_requests_total");
      labels(key);
      out.append(",status=\"").append(std::to_string(status)).append("\"} ").append(std::to_string(count)).append("\n");
    }
  }
  describe(out, "keyfence_http_request_seconds_total", "counter", "Time spent in handlers.");
  for (const auto& [key, route] : routes_) {
    out.append("keyfence_http_request_seconds_total");
    labels(key);
    out.append("} ").append(seconds_text(route.duration_micros)).append("\n");
  }
  return out;
}

std::string AdminMetrics::render_usage(const DrainStatus& drain, const UsageStats& store) {
  std::string out;
  gauge(out, "keyfence_usage_backlog_bytes", "Bytes in the spool that are not yet stored.", drain.backlog_bytes);
  gauge(out, "keyfence_usage_spool_segments", "Files in the spool.", drain.segments);
  describe(out, "keyfence_usage_lag_seconds", "gauge", "While there is a backlog, the age of the last stored record.");
  out.append("keyfence_usage_lag_seconds ")
      .append(seconds_text(static_cast<std::uint64_t>(drain.lag_micros)))
      .append("\n");
  gauge(out, "keyfence_usage_failed", "1 while the usage log cannot be stored.", drain.failure.empty() ? 0 : 1);
  gauge(out, "keyfence_usage_store_bytes", "Bytes of the usage log on disk.", store.bytes);
  gauge(out, "keyfence_usage_files_set_aside", "Damaged files that are no longer read.", store.set_aside.size());
  counter(out, "keyfence_usage_stored_total", "Records stored since the daemon started.", drain.stored);
  counter(out, "keyfence_usage_dropped_total", "Records that gateways dropped because their spool was full.",
          store.dropped);
  counter(out, "keyfence_usage_damaged_total", "Records of the spool that failed their check.", store.damaged);
  return out;
}

}  // namespace keyfence
