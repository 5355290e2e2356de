#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "libs/base/result.h"
#include "libs/image/writer.h"
#include "libs/store/control_store.h"

namespace keyfence {

struct PublisherStatus {
  Revision store_revision;
  Revision image_revision;
  ImageStats image;
  std::optional<std::string> failure;  // why the image lags behind the store, or could not take a change; else nullopt
};

// Brings every committed change into the policy image before the store answers its caller.
//
// Shape    Holds account and global lists in memory (they change by deltas); keys live in the image alone.
// Errors   If a change cannot be applied (no space, a hole in the revisions) the image stands, status().failure says
//          why, and the publisher takes a new snapshot as soon as it can. ready_for_changes() is false meanwhile, and
//          the admin API refuses changes with 503 before they are committed.
// Threads  Safe. The store outlives the publisher.
class Publisher {
 public:
  // Builds a new generation from a snapshot of the store, publishes it, then subscribes to the store's changes.
  [[nodiscard]] static Result<std::unique_ptr<Publisher>, std::string> start(ControlStore& store, ImageOptions options);
  virtual ~Publisher() = default;

  [[nodiscard]] virtual PublisherStatus status() const = 0;
  [[nodiscard]] virtual bool ready_for_changes() = 0;
};

}  // namespace keyfence
