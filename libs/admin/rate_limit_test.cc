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

TEST(RateLimiter, WhoGoesOnAskingIsNotForgivenForOthersThatCome) {
  RateLimiter limiter(2);
  const Timestamp now{1'000'000};
  EXPECT_TRUE(limiter.take("one", now).allowed);
  EXPECT_TRUE(limiter.take("one", now).allowed);
  for (int i = 0; i < 50'000; ++i) {
    EXPECT_TRUE(limiter.take("caller " + std::to_string(i), now).allowed);
    const bool now_and_then = i % 5'000 == 0;
    EXPECT_TRUE(!now_and_then || !limiter.take("one", now).allowed) << i;
  }
}

TEST(RateLimiter, AnAddressOfVersionSixStandsForItsNetwork) {
  const auto place = [](std::string_view text) { return place_of(IpAddress::parse(text)); };
  EXPECT_EQ(place("2001:db8:0:1::1"), place("2001:db8:0:1:ffff::"));
  EXPECT_NE(place("2001:db8:0:1::1"), place("2001:db8:0:2::1"));
  EXPECT_NE(place("192.0.2.1"), place("192.0.2.2"));
  EXPECT_EQ(place_of(std::nullopt), "unknown");
}

TEST(RateLimiter, HeadersAreStructuredFields) {
  RateLimiter limiter(600);
  EXPECT_EQ(limiter.policy_header(), "\"default\";q=600;w=60");
  EXPECT_EQ(RateLimiter::limit_header(limiter.take("one", {0})), "\"default\";r=599;t=1");
}

}  // namespace
}  // namespace keyfence
