#include "libs/admin/declared/declaration.h"
#include "libs/admin/routes/routes.h"

namespace keyfence::routes::declared {

Answer export_instance(Call& call) {
  const Digests digests = query_flag(call, "digests") ? Digests::kWritten : Digests::kLeftOut;
  auto document = declare_instance(call.services.store, digests);
  if (!document) return Err{std::move(document).error()};
  return json_response(200, *document);
}

}  // namespace keyfence::routes::declared
