#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/admin/services.h"

namespace keyfence {

// Does what time brings: purges accounts whose grace has ended, and forgets sessions, invitations and devices that
// have. What fails now is done the next time; a purge waits while the policy cannot be published.
void run_maintenance(Services& services);

// Runs it at intervals in a thread of its own. The services outlive it.
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
