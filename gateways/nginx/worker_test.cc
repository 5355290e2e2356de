#include "gateways/nginx/worker.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace keyfence::nginx {
namespace {

constexpr Timestamp kArrived{1'790'000'000'123'456};

TEST(RequestIdSource, gives_32_hexadecimal_digits) {
  RequestIdSource ids;
  for (int i = 0; i < 4; ++i) {
    const RequestId id = ids.next(kArrived);
    EXPECT_EQ(id.text().size(), 32U);
    EXPECT_EQ(id.text().find_first_not_of("0123456789abcdef"), std::string_view::npos) << id.text();
  }
}

TEST(RequestIdSource, does_not_repeat_within_a_worker_or_between_two) {
  RequestIdSource one;
  RequestIdSource other;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.emplace(one.next(kArrived).text());
    seen.emplace(other.next(kArrived).text());
  }
  EXPECT_EQ(seen.size(), 2000U);
}

TEST(RequestIdSource, ids_begin_with_the_millisecond_of_arrival) {
  RequestIdSource ids;
  const RequestId id = ids.next(kArrived);
  EXPECT_EQ(id.arrived, kArrived);
  EXPECT_EQ(std::stoull(std::string(id.text().substr(0, 12)), nullptr, 16), 1'790'000'000'123U);
  EXPECT_LT(std::string(id.text()), std::string(ids.next(Timestamp{kArrived.micros + 1000}).text()));
}

}  // namespace
}  // namespace keyfence::nginx
