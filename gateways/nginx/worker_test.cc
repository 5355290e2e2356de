#include "gateways/nginx/worker.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace keyfence::nginx {
namespace {

TEST(RequestIdSource, gives_32_hexadecimal_digits) {
  RequestIdSource ids;
  for (int i = 0; i < 4; ++i) {
    const RequestId id = ids.next();
    EXPECT_EQ(id.text().size(), 32U);
    EXPECT_EQ(id.text().find_first_not_of("0123456789abcdef"), std::string_view::npos) << id.text();
  }
}

TEST(RequestIdSource, does_not_repeat_within_a_worker_or_between_two) {
  RequestIdSource one;
  RequestIdSource other;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.emplace(one.next().text());
    seen.emplace(other.next().text());
  }
  EXPECT_EQ(seen.size(), 2000U);
}

}  // namespace
}  // namespace keyfence::nginx
