#include "libs/admin/json/strict_json.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace keyfence {
namespace {

std::string code_of(std::string_view text) {
  const auto parsed = parse_strict_json(text);
  return parsed ? "" : parsed.error().code;
}

TEST(StrictJson, WellFormedTextReadsAsItsValue) {
  const auto parsed = parse_strict_json(R"( {"a":[1,-2,"x\u00e9\ud83d\ude00",null,true],"b":{"a":1.5}} )");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(boost::json::serialize(*parsed), R"({"a":[1,-2,"xé😀",null,true],"b":{"a":1.5E0}})");
}

TEST(StrictJson, RepeatedMembersAreRefusedWithTheirPointer) {
  const auto parsed = parse_strict_json(R"({"entries":[{"text":"a"},{"text":"b","label":"","text":"c"}]})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, "duplicate_member");
  EXPECT_EQ(parsed.error().pointer, "/entries/1/text");
}

TEST(StrictJson, MembersThatDifferOnlyInEscapesAreTheSame) {
  EXPECT_EQ(code_of(R"({"text":1,"te\u0078t":2})"), "duplicate_member");
  EXPECT_EQ(code_of(R"({"":1,"":2})"), "duplicate_member");
}

TEST(StrictJson, TheSameMemberInDifferentObjectsIsFine) {
  EXPECT_EQ(code_of(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"), "");
}

TEST(StrictJson, NestingStopsAtTheLimit) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(code_of(nested(kJsonDepthMax)), "");
  EXPECT_EQ(code_of(nested(kJsonDepthMax + 1)), "too_deep");
  EXPECT_EQ(code_of(std::string(1'000'000, '[')), "too_deep");
}

TEST(StrictJson, WhatIsNotJsonIsRefused) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "{}}",
                                      "{} {}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{'a':1}",
                                      "// x\n{}",
                                      "/* x */{}",
                                      "NaN",
                                      "Infinity",
                                      "01",
                                      "+1",
                                      ".5",
                                      "1.",
                                      "\"\n\"",
                                      "\"\\x\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "tru",
                                      "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(code_of(text), "malformed") << text;
  }
}

TEST(StrictJson, InvalidUtf8IsRefused) {
  for (const std::string_view bytes :
       {"\"\xFF\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xE2\x82\""}) {
    EXPECT_EQ(code_of(bytes), "malformed");
  }
}

TEST(StrictJson, NumbersBeyondTheDoublesAreRefused) {
  EXPECT_EQ(code_of("1e308"), "");
  EXPECT_EQ(code_of("77737e011222"), "malformed");
  EXPECT_EQ(code_of("-1e999999999999"), "malformed");
}

TEST(StrictJson, ANulByteIsNotWhitespace) {
  EXPECT_EQ(code_of(std::string_view("{}\0", 3)), "malformed");
}

TEST(StrictJson, PointerStepsEscapeTildeAndSlash) {
  EXPECT_EQ(pointer_step("a/b~c"), "a~1b~0c");
}

}  // namespace
}  // namespace keyfence
