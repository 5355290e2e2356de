#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "libs/image/generation.h"

namespace keyfence::image {

// The making of the next generation from the one that stands, in a thread of its own, while changes go on being
// applied to that one.
//
// Threads  All calls from the writer's thread. The generation that stands must outlive it, and stay where it is.
class Renewal {
 public:
  Renewal(Generation& from, Generation to);
  ~Renewal();  // gives up if it is still under way
  Renewal(const Renewal&) = delete;
  Renewal& operator=(const Renewal&) = delete;

  [[nodiscard]] bool is_done() const noexcept { return done_.load(); }
  // Waits for the thread, applies what changed meanwhile, and hands over the finished generation.
  [[nodiscard]] Result<Generation, ImageWriteError> complete();

 private:
  Generation& from_;
  Generation to_;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> done_{false};
  Generation::Done result_;
  std::thread thread_;
};

// Keeps what was replaced for some seconds, in a thread of its own, then lets it go: giving back a large mapping takes
// time, and so readers that still have the file mapped are not the last to, who would have to give back its memory.
class Retirement {
 public:
  explicit Retirement(Generation old);
  ~Retirement();
  Retirement(const Retirement&) = delete;
  Retirement& operator=(const Retirement&) = delete;

 private:
  std::optional<Generation> old_;
  struct Bell;
  std::unique_ptr<Bell> bell_;
  std::thread thread_;
};

}  // namespace keyfence::image
