#include "libs/admin/http/query.h"

#include <gtest/gtest.h>

namespace keyfence {
namespace {

TEST(Query, ValuesAreDecoded) {
  const auto query = QueryParameters::parse("name=a%20b+c&limit=5&flag");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->find("name"), "a b c");
  EXPECT_EQ(query->find("limit"), "5");
  EXPECT_EQ(query->find("flag"), "");
  EXPECT_EQ(query->find("other"), std::nullopt);
}

TEST(Query, RepeatedParametersAreRefusedHoweverTheyAreSpelled) {
  EXPECT_FALSE(QueryParameters::parse("a=1&a=2").ok());
  EXPECT_FALSE(QueryParameters::parse("a=1&%61=2").ok());
}

TEST(Query, BrokenEscapesNulAndInvalidUtf8AreRefused) {
  for (const std::string_view text : {"a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "a=%c0%af", "a=%ed%a0%80"}) {
    EXPECT_FALSE(QueryParameters::parse(text).ok()) << text;
  }
}

TEST(Utf8, OnlyShortestFormsOfScalarValuesAreText) {
  EXPECT_TRUE(is_utf8("aé€😀"));
  EXPECT_TRUE(is_utf8(""));
  for (const std::string_view bytes : {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                                       "\xF4\x90\x80\x80", "\xF5", "\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(bytes));
  }
  EXPECT_EQ(count_characters("aé€😀"), 4U);
}

}  // namespace
}  // namespace keyfence
