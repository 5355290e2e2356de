#include "libs/policy/denial_body.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <set>
#include <string>

#include "libs/policy/decision.h"

namespace keyfence {
namespace {

constexpr std::array kStyles = {ErrorStyle::kEnvelope, ErrorStyle::kFlat, ErrorStyle::kProblem};
constexpr std::string_view kId = "0123456789abcdefABCDEF-_";

struct Rendered {
  std::string text;
  std::string content_type;
};

Rendered render(ErrorStyle style, Reason reason, std::string_view request_id) {
  std::array<char, kDenialBodyBytesMax> buffer{};
  const DenialBody body = render_denial(style, reason, request_id, buffer);
  return {std::string(body.text), std::string(body.content_type)};
}

boost::json::object parse(const std::string& text) {
  return boost::json::parse(text).as_object();
}

std::vector<Reason> denials() {
  std::vector<Reason> reasons;
  for (std::uint8_t number = 0; number < kReasonCount; ++number) {
    if (static_cast<Reason>(number) != Reason::kAllowed) reasons.push_back(static_cast<Reason>(number));
  }
  return reasons;
}

std::string_view expected_code(Reason reason) {
  switch (http_status(reason)) {
    case 401:
      return "INVALID_API_KEY";
    case 503:
      return "POLICY_UNAVAILABLE";
    default:
      return reason == Reason::kScopeMissing ? "INSUFFICIENT_SCOPE" : "IP_NOT_ALLOWED";
  }
}

std::string lower(std::string_view text, char underscore) {
  std::string out;
  for (const char c : text) {
    out.push_back(c == '_' ? underscore : static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return out;
}

TEST(DenialBody, OfAnAddressIsTheDocumentedText) {
  EXPECT_EQ(render(ErrorStyle::kEnvelope, Reason::kAddressDeniedKey, kId).text,
            R"({"error":{"code":"IP_NOT_ALLOWED","message":"Request IP address is not in the API key's allowlist"}})");
  EXPECT_EQ(render(ErrorStyle::kFlat, Reason::kAddressDeniedKey, kId).text,
            R"({"error":"ip_not_allowed","message":"Request IP is not in the allowed list","status":403})");
}

TEST(DenialBody, EnvelopeHoldsCodeAndMessage) {
  for (const Reason reason : denials()) {
    const Rendered body = render(ErrorStyle::kEnvelope, reason, kId);
    EXPECT_EQ(body.content_type, "application/json");
    const auto object = parse(body.text);
    ASSERT_EQ(object.size(), 1U);
    const auto& error = object.at("error").as_object();
    ASSERT_EQ(error.size(), 2U);
    EXPECT_EQ(error.at("code").as_string(), expected_code(reason)) << name(reason);
    EXPECT_FALSE(error.at("message").as_string().empty());
  }
}

TEST(DenialBody, FlatHoldsErrorMessageAndStatus) {
  for (const Reason reason : denials()) {
    const Rendered body = render(ErrorStyle::kFlat, reason, kId);
    EXPECT_EQ(body.content_type, "application/json");
    const auto object = parse(body.text);
    ASSERT_EQ(object.size(), 3U);
    EXPECT_EQ(object.at("error").as_string(), lower(expected_code(reason), '_')) << name(reason);
    EXPECT_FALSE(object.at("message").as_string().empty());
    EXPECT_EQ(object.at("status").as_int64(), http_status(reason));
  }
}

TEST(DenialBody, ProblemHoldsTheMembersOfRfc9457AndTheRequestId) {
  for (const Reason reason : denials()) {
    const Rendered body = render(ErrorStyle::kProblem, reason, kId);
    EXPECT_EQ(body.content_type, "application/problem+json");
    const auto object = parse(body.text);
    ASSERT_EQ(object.size(), 5U);
    EXPECT_EQ(object.at("type").as_string(), "urn:keyfence:problem:" + lower(expected_code(reason), '-'));
    EXPECT_FALSE(object.at("title").as_string().empty());
    EXPECT_EQ(object.at("status").as_int64(), http_status(reason));
    EXPECT_FALSE(object.at("detail").as_string().empty());
    EXPECT_EQ(object.at("request_id").as_string(), kId);
  }
}

TEST(DenialBody, TellsNeitherTheLayerNorWhatIsWrongWithAKey) {
  for (const ErrorStyle style : kStyles) {
    std::set<std::string> addresses;
    std::set<std::string> keys;
    for (const Reason reason : denials()) {
      const std::string text = render(style, reason, kId).text;
      if (http_status(reason) == 401) keys.insert(text);
      if (http_status(reason) == 403 && reason != Reason::kScopeMissing) addresses.insert(text);
      for (const char* word : {"global", "account", "layer", "disabled", "revoked", "expired", "_denied"}) {
        EXPECT_EQ(text.find(word), std::string::npos) << text;
      }
    }
    EXPECT_EQ(addresses.size(), 1U) << name(style);
    EXPECT_EQ(keys.size(), 1U) << name(style);
  }
}

TEST(DenialBody, LeavesOutARequestIdOfOtherCharacters) {
  const std::string longest(kRequestIdBytesMax, 'f');
  EXPECT_EQ(parse(render(ErrorStyle::kProblem, Reason::kKeyMissing, longest).text).at("request_id").as_string(),
            longest);
  for (const std::string& id : {std::string(), longest + "f", std::string("a\"b"), std::string("a\\b"),
                                std::string("a\nb"), std::string("a\0b", 3), std::string("\xFF"), std::string("a b")}) {
    const auto object = parse(render(ErrorStyle::kProblem, Reason::kKeyMissing, id).text);
    EXPECT_EQ(object.size(), 4U);
    EXPECT_FALSE(object.contains("request_id"));
  }
}

TEST(DenialBody, OfWhatIsNoDenialIsTheOneOfNoPolicy) {
  for (const ErrorStyle style : kStyles) {
    const std::string expected = render(style, Reason::kNoPolicy, kId).text;
    EXPECT_EQ(render(style, Reason::kAllowed, kId).text, expected);
    EXPECT_EQ(render(style, static_cast<Reason>(200), kId).text, expected);
  }
  EXPECT_EQ(render(static_cast<ErrorStyle>(9), Reason::kKeyMissing, kId).text,
            render(ErrorStyle::kEnvelope, Reason::kKeyMissing, kId).text);
}

TEST(DenialBody, FitsItsBufferWithRoomToSpare) {
  std::size_t longest = 0;
  for (const ErrorStyle style : kStyles) {
    for (const Reason reason : denials()) {
      longest = std::max(longest, render(style, reason, std::string(kRequestIdBytesMax, 'f')).text.size());
    }
  }
  EXPECT_LT(longest, kDenialBodyBytesMax);
}

TEST(DenialBodyDeathTest, SmallerBufferIsABrokenInvariant) {
  std::array<char, kDenialBodyBytesMax - 1> buffer{};
  EXPECT_DEATH((void)render_denial(ErrorStyle::kFlat, Reason::kKeyMissing, kId, buffer), "invariant broken");
}

}  // namespace
}  // namespace keyfence
