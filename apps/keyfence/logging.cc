#include "apps/keyfence/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <memory>
#include <string>

namespace keyfence {
namespace {

LogFormat format_in_use = LogFormat::kText;  // set once, before there are threads

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// The message as the rest of one JSON object; see the pattern.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(message.time.time_since_epoch());
    const std::string_view level = spdlog::level::to_string_view(message.level).data();
    const std::string_view payload(message.payload.data(), message.payload.size());
    const bool is_object = !payload.empty() && payload.front() == '{';
    std::string line = "{\"time\":\"" + rfc3339(Timestamp{since_epoch.count()}) + "\",\"level\":\"";
    line.append(level).append("\",");
    if (is_object) {
      line.append(payload.substr(1));
    } else {
      line.append("\"message\":").append(boost::json::serialize(boost::json::string(payload))).append("}");
    }
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

}  // namespace

void start_logging(LogLevel level, LogFormat format) {
  format_in_use = format;
  auto logger = std::make_shared<spdlog::logger>("keyfence", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(level_of(level));
  if (format == LogFormat::kJson) {
    logger->set_formatter(std::make_unique<JsonFormatter>());
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);
  }
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void log_request(const RequestSummary& request) {
  const bool is_read = request.method == "GET" || request.method == "HEAD" || request.path == "/api/v1/decisions";
  const auto level = request.status >= 500 ? spdlog::level::err : is_read ? spdlog::level::debug : spdlog::level::info;
  if (!spdlog::should_log(level)) return;
  if (format_in_use == LogFormat::kJson) {
    boost::json::object out{{"message", "request"},       {"request_id", request.request_id},
                            {"method", request.method},   {"path", request.path},
                            {"status", request.status},   {"actor", request.actor},
                            {"address", request.address}, {"duration_us", request.duration_micros}};
    if (!request.code.empty()) out["code"] = request.code;
    if (!request.log_detail.empty()) out["detail"] = request.log_detail;
    spdlog::log(level, boost::json::serialize(out));
    return;
  }
  spdlog::log(level, "{} {} {} {} {} {} {}us{}{}{}{}", request.request_id, request.method, request.path, request.status,
              request.actor.empty() ? "-" : request.actor, request.address, request.duration_micros,
              request.code.empty() ? "" : " ", request.code, request.log_detail.empty() ? "" : ": ",
              request.log_detail);
}

void log_drain_news(DrainNews news, const std::string& what) {
  const auto level = news == DrainNews::kTrouble ? spdlog::level::warn : spdlog::level::info;
  spdlog::log(level, "{}", what);
}

}  // namespace keyfence
