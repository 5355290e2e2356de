#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "libs/publish/publisher.h"

namespace keyfence {

// Tells once when the policy image begins to lag behind the store, or could not take a change, and once when it is well
// again. Looks every second, on a thread of its own.
class PublisherWatch {
 public:
  using Tell = std::function<void(const std::optional<std::string>& failure)>;  // nullopt: well again

  PublisherWatch(const Publisher& publisher, Tell tell);
  ~PublisherWatch();
  PublisherWatch(const PublisherWatch&) = delete;
  PublisherWatch& operator=(const PublisherWatch&) = delete;

  // What looking at this state tells, if anything.
  void look(const std::optional<std::string>& failure);

 private:
  void loop();

  const Publisher& publisher_;
  Tell tell_;
  bool failing_ = false;
  std::mutex mutex_;
  std::condition_variable stop_wanted_;
  bool stopping_ = false;
  std::thread thread_;
};

// The Tell of the daemon: a warning with the reason, and a line when it is over.
void log_publisher_state(const std::optional<std::string>& failure);

}  // namespace keyfence
