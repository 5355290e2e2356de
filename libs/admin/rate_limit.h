#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "libs/base/clock.h"
#include "libs/net/ip_address.h"

namespace keyfence {

// Whom an address stands for: itself, or the /64 of an IPv6 one: whoever has one address of it has them all.
[[nodiscard]] std::string place_of(const std::optional<IpAddress>& client);

// How many requests one caller may make: a bucket for each that holds as many as may come in a minute, and fills
// evenly.
//
// Shape    At most kBucketsMax callers are remembered; when there are more, the one that has been away for longest is
//          forgotten. Whoever goes on asking is not.
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
    std::string caller;
    double tokens = 0;
    Timestamp at;
  };
  void refill(Bucket& bucket, Timestamp now) const;
  [[nodiscard]] Bucket& bucket_of(std::string_view caller, Timestamp now);

  std::uint32_t per_minute_;
  mutable std::mutex mutex_;
  std::list<Bucket> buckets_;  // who asked last is first
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_caller_;
};

}  // namespace keyfence
