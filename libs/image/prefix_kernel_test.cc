#include "libs/image/prefix_kernel.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace keyfence::image {
namespace {

TEST(PrefixKernel, AnswersTheSameWithAndWithoutVectors) {
  std::mt19937_64 random(7);
  int inside = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::array<std::uint32_t, 8> prefixes{};
    std::uint64_t lengths = 0;
    const auto address = static_cast<std::uint32_t>(random());
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
      const std::uint64_t length = random() % 8 == 0 ? random() % 64 : random() % 33;
      lengths |= length << (6 * i);
      // Near the address, so that the last bits of a prefix decide.
      prefixes[i] = address ^ static_cast<std::uint32_t>(std::uint64_t{1} << (random() % 34));
    }
    const auto selected = static_cast<std::uint32_t>(random() & 0xFF);
    const bool expected = in_one_of_eight_portable(address, prefixes.data(), lengths, selected);
    ASSERT_EQ(in_one_of_eight(address, prefixes.data(), lengths, selected), expected);
    inside += expected ? 1 : 0;
  }
  EXPECT_GT(inside, 10'000);
  EXPECT_LT(inside, 190'000);
}

TEST(PrefixKernel, LengthZeroIsEveryAddressAndMoreThan32IsNone) {
  const std::array<std::uint32_t, 8> prefixes{};
  for (const InOneOfEight kernel : {in_one_of_eight, in_one_of_eight_portable}) {
    EXPECT_TRUE(kernel(0xFFFFFFFF, prefixes.data(), 0, 1));
    EXPECT_FALSE(kernel(0xFFFFFFFF, prefixes.data(), 0, 0));
    EXPECT_TRUE(kernel(0, prefixes.data(), 32, 1));
    EXPECT_FALSE(kernel(1, prefixes.data(), 32, 1));
    EXPECT_FALSE(kernel(0, prefixes.data(), 33, 1));
    EXPECT_FALSE(kernel(0, prefixes.data(), 63, 1));
  }
}

}  // namespace
}  // namespace keyfence::image
