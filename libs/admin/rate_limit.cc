#include "libs/admin/rate_limit.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace keyfence {
namespace {

constexpr double kMicrosPerMinute = 60e6;

}  // namespace

void RateLimiter::refill(Bucket& bucket, Timestamp now) const {
  const auto passed = static_cast<double>(std::max<std::int64_t>(0, now.micros - bucket.at.micros));
  bucket.tokens = std::min<double>(per_minute_, bucket.tokens + passed * per_minute_ / kMicrosPerMinute);
  bucket.at = std::max(bucket.at, now);
}

void RateLimiter::make_room(Timestamp now) {
  for (auto named = buckets_.begin(); named != buckets_.end();) {
    refill(named->second, now);
    named = named->second.tokens >= per_minute_ ? buckets_.erase(named) : std::next(named);
  }
  if (buckets_.size() >= kBucketsMax) buckets_.clear();
}

RateLimiter::Verdict RateLimiter::take(std::string_view caller, Timestamp now) {
  const std::lock_guard lock(mutex_);
  auto found = buckets_.find(std::string(caller));
  if (found == buckets_.end()) {
    if (buckets_.size() >= kBucketsMax) make_room(now);
    found = buckets_.emplace(caller, Bucket{static_cast<double>(per_minute_), now}).first;
  }
  Bucket& bucket = found->second;
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
