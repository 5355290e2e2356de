#include "gateways/nginx/query.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace keyfence::nginx {
namespace {

std::string without(std::string_view query, std::string_view name) {
  std::string out(query.size(), '?');
  out.resize(remove_argument(query, name, out.data()));
  return out;
}

TEST(FindArgument, finds_the_value_wherever_it_stands) {
  for (const std::string_view query : {"api_key=k1", "a=1&api_key=k1", "api_key=k1&b=2", "&&api_key=k1&"}) {
    const QueryArgument found = find_argument(query, "api_key");
    EXPECT_EQ(found.state, QueryCredential::kSingle) << query;
    EXPECT_EQ(found.raw_value, "k1") << query;
  }
}

TEST(FindArgument, is_not_taken_in_by_names_that_only_begin_or_end_alike) {
  for (const std::string_view query :
       {"", "api_key2=k", "my_api_key=k", "API_KEY=k", "a=api_key=k", "api_ke=k", "=k"}) {
    EXPECT_EQ(find_argument(query, "api_key").state, QueryCredential::kAbsent) << query;
  }
}

TEST(FindArgument, sees_through_percent_sequences_in_the_name) {
  EXPECT_EQ(find_argument("api%5fkey=k", "api_key").raw_value, "k");
  EXPECT_EQ(find_argument("%61pi_key=k", "api_key").raw_value, "k");
}

TEST(FindArgument, counts_a_repeated_argument_in_any_spelling) {
  EXPECT_EQ(find_argument("api_key=a&api_key=a", "api_key").state, QueryCredential::kRepeated);
  EXPECT_EQ(find_argument("api_key=a&x&api%5Fkey=b", "api_key").state, QueryCredential::kRepeated);
  EXPECT_EQ(find_argument("api_key&api_key=b", "api_key").state, QueryCredential::kRepeated);
}

TEST(FindArgument, keeps_equals_signs_of_the_value) {
  EXPECT_EQ(find_argument("api_key=YQ==", "api_key").raw_value, "YQ==");
  EXPECT_EQ(find_argument("api_key=", "api_key").raw_value, "");
  EXPECT_EQ(find_argument("api_key", "api_key").state, QueryCredential::kSingle);
}

TEST(PercentDecode, decodes_and_leaves_plus_alone) {
  std::array<char, 8> buffer{};
  EXPECT_EQ(percent_decode("k%66_+", buffer), "kf_+");
  EXPECT_EQ(percent_decode("%00", buffer), std::string_view("\0", 1));
}

TEST(PercentDecode, refuses_broken_sequences_and_what_does_not_fit) {
  std::array<char, 4> buffer{};
  for (const std::string_view raw : {"%", "%4", "%zz", "a%g0", "12345"}) {
    EXPECT_EQ(percent_decode(raw, buffer), std::nullopt) << raw;
  }
  EXPECT_EQ(percent_decode("%31%32%33%34", buffer), "1234");
}

TEST(RemoveArgument, keeps_all_others_byte_for_byte) {
  EXPECT_EQ(without("api_key=k", "api_key"), "");
  EXPECT_EQ(without("a=1&api_key=k&b=%zz", "api_key"), "a=1&b=%zz");
  EXPECT_EQ(without("api_key=k&b", "api_key"), "b");
  EXPECT_EQ(without("a&&b=&api_key", "api_key"), "a&&b=");
  EXPECT_EQ(without("a=1&api%5Fkey=k&api_key=l", "api_key"), "a=1");
  EXPECT_EQ(without("a=1", "api_key"), "a=1");
  EXPECT_EQ(without("", "api_key"), "");
}

TEST(RemoveArgument, may_write_over_what_it_reads) {
  std::string query = "x=1&api_key=secret&y=2&api_key=other&z";
  query.resize(remove_argument(query, "api_key", query.data()));
  EXPECT_EQ(query, "x=1&y=2&z");
}

}  // namespace
}  // namespace keyfence::nginx
