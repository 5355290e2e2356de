#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "libs/base/clock.h"
#include "libs/base/crc32.h"
#include "libs/base/crc32c.h"
#include "libs/base/result.h"
#include "libs/base/strong_id.h"

namespace keyfence {
namespace {

struct ThingTag {
  static constexpr std::string_view kPrefix = "thing_";
};
using ThingId = StrongId<ThingTag>;

TEST(Rfc3339, PrintsAndReadsBackMicroseconds) {
  const Timestamp t{1'772'366'400'123'456};
  EXPECT_EQ(rfc3339(t), "2026-03-01T12:00:00.123456Z");
  EXPECT_EQ(parse_rfc3339(rfc3339(t)), t);
  EXPECT_EQ(rfc3339(to_seconds(t)), "2026-03-01T12:00:00Z");
}

TEST(Rfc3339, AppliesTheOffset) {
  EXPECT_EQ(parse_rfc3339("2026-03-01T14:30:00+02:30"), parse_rfc3339("2026-03-01T12:00:00Z"));
}

TEST(Rfc3339, RefusesWhatIsNoMoment) {
  for (const char* text :
       {"", "2026-03-01", "2026-02-30T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:00:00",
        "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00.1234567Z", "2026-03-01T12:00:00Zx", "1969-12-31T23:59:59Z",
        "2107-01-01T00:00:00Z", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00+2:00"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(StrongId, TextReadsBackAndHasOneSpelling) {
  const ThingId id(0x1234'5678'9abc'def0);
  EXPECT_EQ(ThingId::parse(id.text()), id);
  EXPECT_EQ(id.text().size(), 6U + 13U);
  EXPECT_EQ(ThingId::parse("thing_0000000000000"), std::nullopt);
  EXPECT_EQ(ThingId::parse("thing_z000000000001"), std::nullopt);  // more than 64 bits
  EXPECT_EQ(ThingId::parse("thing_000000000000O"), std::nullopt);
  EXPECT_EQ(ThingId::parse("key_0000000000001"), std::nullopt);
  EXPECT_EQ(ThingId::parse(id.text() + "0"), std::nullopt);
}

TEST(IdSource, NeverRepeatsAndGrows) {
  IdSource source;
  std::uint64_t last = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t id = source.next();
    ASSERT_GT(id, last);
    ASSERT_EQ(id >> 63, 0U);
    last = id;
  }
}

TEST(Result, HoldsMoveOnlyValuesAndErrors) {
  Result<std::unique_ptr<int>, std::string> good(std::make_unique<int>(7));
  ASSERT_TRUE(good);
  EXPECT_EQ(**good, 7);
  const Result<void, std::string> bad(Err{"no"});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), "no");
}

TEST(ResultDeathTest, ValueOfAnErrorEndsTheProcess) {
  Result<int, std::string> bad(Err{std::string("no")});
  EXPECT_DEATH((void)bad.value(), "invariant broken");
}

TEST(Crc32, IsTheSameHoweverItIsComputed) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);  // the check value of CRC-32
  std::string bytes;
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(crc32(bytes), crc32_portable(bytes)) << i;
    bytes.push_back(static_cast<char>(i * 37 + 11));
  }
}

TEST(Crc32, EveryFlippedBitOfAShortTextChangesIt) {
  const std::string text(49, 'k');
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(crc32(flipped), crc32(text)) << bit;
    EXPECT_EQ(crc32(flipped), crc32_portable(flipped)) << bit;
  }
}

TEST(Crc32c, KnownVectorsAndBothTwinsAgree) {
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283U);  // the check value of CRC-32C
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(crc32c(bytes.data(), bytes.size(), 5), crc32c_portable(bytes.data(), bytes.size(), 5)) << i;
    bytes.push_back(static_cast<char>(i * 37));
  }
}

}  // namespace
}  // namespace keyfence
