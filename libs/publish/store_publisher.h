#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/publish/image_target.h"
#include "libs/publish/long_lists.h"
#include "libs/publish/publisher.h"

namespace keyfence {

// How long the publisher waits before it tries a new snapshot again: doubling from the first to the longest.
struct RetryPauses {
  std::chrono::milliseconds first{50};
  std::chrono::milliseconds longest{5'000};
};

// The Publisher over any image target.
class StorePublisher final : public Publisher {
 public:
  // Not of use before begin() has answered that an image stands.
  StorePublisher(ControlStore& store, std::unique_ptr<ImageTarget> target, RetryPauses pauses);
  ~StorePublisher() override;
  StorePublisher(const StorePublisher&) = delete;
  StorePublisher& operator=(const StorePublisher&) = delete;

  [[nodiscard]] Result<void, std::string> begin();
  // What begin() subscribes: takes in what was committed, in order. What the image holds already is passed over.
  void apply(std::span<const PolicyChange> changes);
  [[nodiscard]] PublisherStatus status() const override;
  [[nodiscard]] bool ready_for_changes() override;

 private:
  using Done = Result<void, std::string>;

  [[nodiscard]] Done apply_to_image(std::span<const PolicyChange> changes);
  [[nodiscard]] Done put(const ImageChange& change);
  [[nodiscard]] Done rebuild();
  [[nodiscard]] bool make_room();
  [[nodiscard]] std::size_t reserved_bytes() const;
  void recover_in_background();
  void set_failure(std::optional<std::string> failure);
  void note_revisions(Revision store_revision);

  ControlStore* store_;
  RetryPauses pauses_;

  std::mutex image_mutex_;  // whoever holds it is the one thread that the image writer knows
  std::unique_ptr<ImageTarget> target_;
  LongLists lists_;
  std::optional<Revision> image_revision_;  // nullopt: no snapshot was published yet
  std::size_t longest_list_ = 0;

  mutable std::mutex status_mutex_;
  std::condition_variable recovery_wanted_;
  PublisherStatus status_;
  std::optional<std::string> no_room_;  // the last reserve() failed: nothing lags, but no change may come
  bool stopping_ = false;
  std::thread recovery_;
};

}  // namespace keyfence
