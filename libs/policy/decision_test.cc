#include "libs/policy/decision.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace keyfence {
namespace {

// Numbers and names are stored in logs and read by programs: this list only ever grows at its end.
constexpr std::array<std::string_view, kReasonCount> kReasonNames = {
    "no_policy",
    "key_missing",
    "key_malformed",
    "key_unknown",
    "key_disabled",
    "key_revoked",
    "key_expired",
    "scope_missing",
    "address_unknown",
    "address_denied_global",
    "address_denied_account",
    "address_denied_key",
    "allowed",
};

TEST(Reason, NumbersAndNamesAreStable) {
  for (std::size_t number = 0; number < kReasonCount; ++number) {
    const auto reason = static_cast<Reason>(number);
    EXPECT_EQ(name(reason), kReasonNames[number]);
    EXPECT_EQ(parse_reason(kReasonNames[number]), reason);
  }
}

TEST(Reason, OtherTextsAndNumbersAreNone) {
  for (const char* text : {"", "Allowed", "allowed ", "unknown", "address_denied"}) {
    EXPECT_EQ(parse_reason(text), std::nullopt) << text;
  }
  EXPECT_EQ(name(static_cast<Reason>(kReasonCount)), "unknown");
  EXPECT_EQ(name(static_cast<Layer>(4)), "unknown");
}

TEST(Layer, ListsAreConsultedFromTheWidestToTheNarrowest) {
  EXPECT_EQ(kListLayers, (std::array{Layer::kGlobal, Layer::kAccount, Layer::kKey}));
  EXPECT_EQ(name(Layer::kNone), "none");
  EXPECT_EQ(name(Layer::kGlobal), "global");
  EXPECT_EQ(name(Layer::kAccount), "account");
  EXPECT_EQ(name(Layer::kKey), "key");
}

TEST(HttpStatus, FollowsTheOrderOfTheReasons) {
  EXPECT_EQ(http_status(Reason::kNoPolicy), 503);
  for (int number = 1; number <= 6; ++number) EXPECT_EQ(http_status(static_cast<Reason>(number)), 401) << number;
  for (int number = 7; number <= 11; ++number) EXPECT_EQ(http_status(static_cast<Reason>(number)), 403) << number;
  EXPECT_EQ(http_status(Reason::kAllowed), 200);
}

TEST(HttpStatus, OfANumberThatIsNoReasonIsNoSuccess) {
  for (int number = kReasonCount; number < 256; ++number) {
    EXPECT_EQ(http_status(static_cast<Reason>(number)), 503) << number;
  }
}

}  // namespace
}  // namespace keyfence
