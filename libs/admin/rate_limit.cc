#include "libs/admin/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace keyfence {
namespace {

constexpr double kMicrosPerMinute = 60e6;

}  // namespace

std::string place_of(const std::optional<IpAddress>& client) {
  if (!client) return "unknown";
  if (client->is_v4()) return client->text();
  return "v6/" + std::to_string(static_cast<std::uint64_t>(client->number() >> 64U));
}

void RateLimiter::refill(Bucket& bucket, Timestamp now) const {
  const auto passed = static_cast<double>(std::max<std::int64_t>(0, now.micros - bucket.at.micros));
  bucket.tokens = std::min<double>(per_minute_, bucket.tokens + passed * per_minute_ / kMicrosPerMinute);
  bucket.at = std::max(bucket.at, now);
}

RateLimiter::Bucket& RateLimiter::bucket_of(std::string_view caller, Timestamp now) {
  const auto found = by_caller_.find(caller);
  if (found != by_caller_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    return buckets_.front();
  }
  if (buckets_.size() >= kBucketsMax) {
    by_caller_.erase(buckets_.back().caller);
    buckets_.pop_back();
  }
  buckets_.push_front({std::string(caller), static_cast<double>(per_minute_), now});
  by_caller_.emplace(buckets_.front().caller, buckets_.begin());
  return buckets_.front();
}

RateLimiter::Verdict RateLimiter::take(std::string_view caller, Timestamp now) {
  const std::lock_guard lock(mutex_);
  Bucket& bucket = bucket_of(caller, now);
  refill(bucket, now);
  const double per_second = per_minute_ / 60.0;
  const auto seconds_for = [&](double tokens) { return static_cast<std::uint32_t>(std::ceil(tokens / per_second)); };
  if (bucket.tokens < 1) return {false, 0, std::max(1U, seconds_for(1 - bucket.tokens))};
  bucket.tokens -= 1;
  return {true, static_cast<std::uint32_t>(bucket.tokens), seconds_for(per_minute_ - bucket.tokens)};
}

std::string RateLimiter::policy_header() const {
  return "\"default\";q=" + std::to_string(per_minute_) + ";w=60";
}

std::string RateLimiter::limit_header(const Verdict& verdict) {
  return "\"default\";r=" + std::to_string(verdict.remaining) + ";t=" + std::to_string(verdict.reset_seconds);
}

std::size_t RateLimiter::buckets() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace keyfence
