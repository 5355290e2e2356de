#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/admin/services.h"

namespace keyfence {

// Does what time brings: writes down when tokens and sessions were last used, purges accounts whose grace has ended,
// and forgets sessions, invitations and devices that have. What fails now is done the next time; a purge waits while
// the policy cannot be published.
void run_maintenance(Services& services);

// An account's keys are purged so many at a time, so that others get their turn to write in between.
inline constexpr std::size_t kKeysPurgedAtOnce = 1'000;

// Runs it at intervals in a thread of its own, and writes down the last uses when it ends. The services outlive it.
class Maintenance {
 public:
  explicit Maintenance(Services& services, std::chrono::milliseconds interval = std::chrono::minutes(1));
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

 private:
  void loop();

  Services& services_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace keyfence
