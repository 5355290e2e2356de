#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "libs/base/clock.h"

namespace keyfence {

// How many requests one caller may make: a bucket for each that holds as many as may come in a minute, and fills
// evenly.
//
// Shape    At most kBucketsMax callers are remembered; when there are more, those whose bucket is full again are
//          forgotten, and if there are none all are.
// Threads  Safe.
// Source   draft-ietf-httpapi-ratelimit-headers.
class RateLimiter {
 public:
  explicit RateLimiter(std::uint32_t requests_per_minute) : per_minute_(requests_per_minute) {}

  struct Verdict {
    bool allowed = false;
    std::uint32_t remaining = 0;
    std::uint32_t reset_seconds =
        0;  // until the bucket is full, or, where this was one too many, until one more may come
  };
  [[nodiscard]] Verdict take(std::string_view caller, Timestamp now);

  [[nodiscard]] std::string policy_header() const;                        // "default";q=600;w=60
  [[nodiscard]] static std::string limit_header(const Verdict& verdict);  // "default";r=599;t=1

  static constexpr std::size_t kBucketsMax = 10'000;
  [[nodiscard]] std::size_t buckets() const;

 private:
  struct Bucket {
    double tokens = 0;
    Timestamp at;
  };
  void refill(Bucket& bucket, Timestamp now) const;
  void make_room(Timestamp now);

  std::uint32_t per_minute_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace keyfence
