#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::operations {

namespace {

boost::json::array gateways_of(const DrainStatus& drain) {
  boost::json::array gateways;
  for (const GatewayStatus& gateway : drain.gateways) {
    const bool told = gateway.last_at.micros != 0;
    gateways.push_back(
        boost::json::object{{"name", gateway.name},
                            {"last_at", told ? boost::json::value(rfc3339(gateway.last_at)) : nullptr},
                            {"last_revision", told ? boost::json::value(gateway.last_revision.value) : nullptr},
                            {"stored", gateway.stored},
                            {"dropped", gateway.dropped},
                            {"backlog_bytes", gateway.backlog_bytes},
                            {"workers", gateway.workers}});
  }
  return gateways;
}

boost::json::value usage_status(const Services& services) {
  if (services.usage == nullptr || services.drain == nullptr) return nullptr;
  const DrainStatus drain = services.drain->status();
  const auto stats = services.usage->stats();
  const UsageStats store = stats ? *stats : UsageStats{};
  const std::string failure = !drain.failure.empty() ? drain.failure : stats ? "" : stats.error().message;
  return boost::json::object{{"stored", drain.stored},
                             {"backlog_bytes", drain.backlog_bytes},
                             {"lag_micros", drain.lag_micros},
                             {"segments", drain.segments},
                             {"failure", failure.empty() ? nullptr : boost::json::value(failure)},
                             {"dropped", store.dropped},
                             {"damaged", store.damaged},
                             {"bytes", store.bytes},
                             {"oldest_at", store.oldest ? boost::json::value(rfc3339(*store.oldest)) : nullptr},
                             {"files_set_aside", boost::json::array(store.set_aside.begin(), store.set_aside.end())},
                             {"gateways", gateways_of(drain)}};
}

}  // namespace

Answer status(Call& call) {
  const PublisherStatus publisher = call.services.publisher.status();
  const ImageStats& image = publisher.image;
  const bool ready = call.services.publisher.ready_for_changes();
  return json_response(200, boost::json::object{{"version", call.services.version},
                                                {"ready", ready},
                                                {"store_revision", publisher.store_revision.value},
                                                {"image",
                                                 {{"revision", publisher.image_revision.value},
                                                  {"generation", image.generation},
                                                  {"keys", image.keys},
                                                  {"accounts", image.accounts},
                                                  {"file_bytes", image.file_bytes},
                                                  {"reserved_bytes", image.reserved_bytes},
                                                  {"arena_used_bytes", image.arena_used_bytes},
                                                  {"arena_garbage_bytes", image.arena_garbage_bytes}}},
                                                {"publisher_failure",
                                                 publisher.failure ? boost::json::value(*publisher.failure) : nullptr},
                                                {"usage", usage_status(call.services)},
                                                {"started_at", rfc3339(call.services.started_at)}});
}

}  // namespace keyfence::routes::operations
