#include "libs/image/checksum.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace keyfence::image {
namespace {

using Bytes = std::array<unsigned char, 64>;

Bytes random_line(std::mt19937_64& random) {
  Bytes line;
  for (unsigned char& byte : line) byte = static_cast<unsigned char>(random());
  return line;
}

TEST(Checksum, KnowsTheCheckValueOfCrc32c) {
  const std::string digits = "123456789";
  EXPECT_EQ(crc32c(digits.data(), digits.size(), 0), 0xE3069283U);  // RFC 3720, appendix B.4's polynomial
  EXPECT_EQ(crc32c_portable(digits.data(), digits.size(), 0), 0xE3069283U);
}

TEST(Checksum, IsTheSameWithAndWithoutHardware) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    const Bytes line = random_line(random);
    const std::size_t size = random() % 65;
    ASSERT_EQ(crc32c(line.data(), size, 5), crc32c_portable(line.data(), size, 5));
    const Beside beside{random(), random()};
    for (const LineHead head : {LineHead::kCovered, LineHead::kControl}) {
      ASSERT_EQ(line_check(line.data(), head, beside), line_check_portable(line.data(), head, beside));
    }
  }
}

TEST(Checksum, SeesEveryFlippedBitOfALineAndOfWhatIsBesideIt) {
  std::mt19937_64 random(2);
  Bytes line = random_line(random);
  Beside beside{random(), random()};
  for (const LineHead head : {LineHead::kCovered, LineHead::kControl}) {
    const std::uint16_t check = line_check(line.data(), head, beside);
    for (std::size_t bit = 0; bit < 512; ++bit) {
      line[bit / 8] ^= static_cast<unsigned char>(1U << (bit % 8));
      const bool covered = bit < 496 && (head == LineHead::kCovered || bit >= 32);
      EXPECT_EQ(line_check(line.data(), head, beside) != check, covered) << bit;
      line[bit / 8] ^= static_cast<unsigned char>(1U << (bit % 8));
    }
    for (std::size_t bit = 0; bit < 64; ++bit) {
      EXPECT_NE(line_check(line.data(), head, {beside.first ^ (1ULL << bit), beside.second}), check) << bit;
      EXPECT_NE(line_check(line.data(), head, {beside.first, beside.second ^ (1ULL << bit)}), check) << bit;
    }
  }
}

TEST(Checksum, DoesNotTakeALineOfZerosForIntact) {
  const Bytes zero{};
  EXPECT_NE(line_check(zero.data(), LineHead::kCovered), 0);
  EXPECT_NE(line_check(zero.data(), LineHead::kControl), 0);
}

TEST(Checksum, SealsAndUnsealsAndSeesTwoFlippedBits) {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{123456789}, (std::uint64_t{1} << 48) - 1}) {
    const std::uint64_t word = seal(value);
    EXPECT_NE(word, 0U);
    EXPECT_EQ(unseal(word), value);
    for (unsigned a = 0; a < 64; ++a) {
      EXPECT_EQ(unseal(word ^ (1ULL << a)), kUnsealed);
      for (unsigned b = 0; b < a; ++b) EXPECT_EQ(unseal(word ^ (1ULL << a) ^ (1ULL << b)), kUnsealed);
    }
  }
  EXPECT_EQ(unseal(0), kUnsealed);
}

TEST(Checksum, ControlWordsSeeThreeFlippedBits) {
  EXPECT_EQ(encode_control(0), 0U);
  std::mt19937_64 random(3);
  for (const std::uint32_t value : {std::uint32_t{0}, std::uint32_t{1}, std::uint32_t{2}, kControlMax}) {
    const std::uint32_t word = encode_control(value);
    EXPECT_EQ(decode_control(word), value);
    for (unsigned a = 0; a < 32; ++a) {
      for (unsigned b = 0; b <= a; ++b) {
        for (unsigned c = 0; c <= b; ++c) {
          const std::uint32_t flipped = word ^ (1U << a) ^ (b != a ? 1U << b : 0U) ^ (c != b ? 1U << c : 0U);
          if (flipped != word) {
            ASSERT_EQ(decode_control(flipped), kControlDamaged);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace keyfence::image
