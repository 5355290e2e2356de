#include "apps/keyfence/publisher_watch.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace keyfence {

PublisherWatch::PublisherWatch(const Publisher& publisher, Tell tell)
    : publisher_(publisher), tell_(std::move(tell)), thread_([this] { loop(); }) {}

PublisherWatch::~PublisherWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_wanted_.notify_all();
  thread_.join();
}

void PublisherWatch::look(const std::optional<std::string>& failure) {
  if (failure.has_value() == failing_) return;
  failing_ = failure.has_value();
  tell_(failure);
}

void PublisherWatch::loop() {
  std::unique_lock lock(mutex_);
  while (!stop_wanted_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) {
    look(publisher_.status().failure);
  }
}

void log_publisher_state(const std::optional<std::string>& failure) {
  if (failure) {
    spdlog::warn("the policy image does not follow the store: {}; changes are refused until it does", *failure);
  } else {
    spdlog::info("the policy image follows the store again");
  }
}

}  // namespace keyfence
