#include "libs/publish/publisher.h"

#include "libs/publish/image_target.h"
#include "libs/publish/store_publisher.h"

namespace keyfence {

Result<std::unique_ptr<Publisher>, std::string> Publisher::start(ControlStore& store, ImageOptions options) {
  const StoreResult<InstanceRow> instance = store.instance();
  if (!instance) return Err{instance.error().message};
  options.epoch = instance->epoch;
  Result<ImageWriter, ImageWriteError> writer = ImageWriter::open(std::move(options));
  if (!writer) return Err{writer.error().message};
  auto publisher = std::make_unique<StorePublisher>(store, target_of(*std::move(writer)), RetryPauses{});
  if (auto begun = publisher->begin(); !begun) return Err{begun.error()};
  return std::unique_ptr<Publisher>(std::move(publisher));
}

}  // namespace keyfence
