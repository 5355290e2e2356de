#include "libs/admin/rate_limit.h"

#include <gtest/gtest.h>

namespace keyfence {
namespace {

TEST(RateLimiter, ABucketHoldsAMinuteAndFillsEvenly) {
  RateLimiter limiter(60);
  const Timestamp start{1'000'000};
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(limiter.take("one", start).allowed);
  const RateLimiter::Verdict over = limiter.take("one", start);
  EXPECT_FALSE(over.allowed);
  EXPECT_EQ(over.reset_seconds, 1U);
  EXPECT_TRUE(limiter.take("another", start).allowed);
  EXPECT_TRUE(limiter.take("one", {2'000'000}).allowed);
  EXPECT_FALSE(limiter.take("one", {2'500'000}).allowed);
  EXPECT_TRUE(limiter.take("one", {3'000'000}).allowed);
}

TEST(RateLimiter, AClockThatIsSetBackGivesNothing) {
  RateLimiter limiter(1);
  EXPECT_TRUE(limiter.take("one", {100'000'000}).allowed);
  EXPECT_FALSE(limiter.take("one", {1}).allowed);
  EXPECT_FALSE(limiter.take("one", {100'000'001}).allowed);
}

TEST(RateLimiter, ManyCallersTakeBoundedMemory) {
  RateLimiter limiter(10);
  for (int i = 0; i < 50'000; ++i) EXPECT_TRUE(limiter.take("caller " + std::to_string(i), {i}).allowed);
  EXPECT_LE(limiter.buckets(), RateLimiter::kBucketsMax);
}

TEST(RateLimiter, HeadersAreStructuredFields) {
  RateLimiter limiter(600);
  EXPECT_EQ(limiter.policy_header(), "\"default\";q=600;w=60");
  EXPECT_EQ(RateLimiter::limit_header(limiter.take("one", {0})), "\"default\";r=599;t=1");
}

}  // namespace
}  // namespace keyfence
