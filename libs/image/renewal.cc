#include "libs/image/renewal.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace keyfence::image {

Renewal::Renewal(Generation& from, Generation to) : from_(from), to_(std::move(to)) {
  to_.begin_copy(from_);
  thread_ = std::thread([this] {
    result_ = to_.copy(from_, cancelled_);
    done_.store(true);
  });
}

Renewal::~Renewal() {
  cancelled_.store(true);
  if (thread_.joinable()) thread_.join();
  from_.stop_journal();
}

Result<Generation, ImageWriteError> Renewal::complete() {
  thread_.join();
  if (!result_) return Err{result_.error()};
  if (auto ended = to_.end_copy(from_); !ended) return Err{ended.error()};
  if (auto finished = to_.finish(from_.revision()); !finished) return Err{finished.error()};
  return std::move(to_);
}

struct Retirement::Bell {
  static constexpr std::chrono::seconds kKept{3};
  std::mutex mutex;
  std::condition_variable rung;
  bool hurry = false;
};

Retirement::Retirement(Generation old) : old_(std::move(old)), bell_(std::make_unique<Bell>()) {
  thread_ = std::thread([this] {
    {
      std::unique_lock lock(bell_->mutex);
      bell_->rung.wait_for(lock, Bell::kKept, [this] { return bell_->hurry; });
    }
    old_.reset();
  });
}

Retirement::~Retirement() {
  {
    const std::lock_guard lock(bell_->mutex);
    bell_->hurry = true;
  }
  bell_->rung.notify_one();
  thread_.join();
}

}  // namespace keyfence::image
