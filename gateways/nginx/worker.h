#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "gateways/nginx/request_record.h"
#include "libs/image/reader.h"
#include "libs/policy/presented_key.h"
#include "libs/usage/spool_writer.h"

namespace keyfence::nginx {

// Ids of requests: the millisecond, then SHA-256 of 256 random bits and a counter. They do not repeat and cannot be
// guessed, and no system call is made for them.
class RequestIdSource {
 public:
  RequestIdSource() noexcept;
  [[nodiscard]] RequestId next(Timestamp arrived) noexcept;

 private:
  std::array<std::uint8_t, 40> seed_and_counter_{};
  std::uint64_t counter_ = 0;
  KeyDigest digest_;  // one makes three ids
};

// What one worker process has: its reader of the policy image, its source of request ids and its end of the usage log.
//
// Threads  One, as nginx's workers have. Must be made after the fork.
class Worker {
 public:
  Worker(const std::string& policy_dir, std::optional<SpoolOptions> usage_log);

  [[nodiscard]] ImageReader& image() noexcept { return image_; }
  [[nodiscard]] RequestIdSource& request_ids() noexcept { return request_ids_; }
  [[nodiscard]] SpoolWriter* usage_log() noexcept { return usage_log_ ? &*usage_log_ : nullptr; }  // null: off

 private:
  ImageReader image_;
  RequestIdSource request_ids_;
  std::optional<SpoolWriter> usage_log_;
};

}  // namespace keyfence::nginx
