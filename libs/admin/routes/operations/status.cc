#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::operations {

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
                                                {"started_at", rfc3339(call.services.started_at)}});
}

}  // namespace keyfence::routes::operations
