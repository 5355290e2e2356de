#include "libs/image/tree_hint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "libs/image/mapped_file.h"
#include "libs/image/packed_set.h"
#include "libs/image/test_worlds.h"

namespace keyfence::image {
namespace {

ListHolder holder_of(const std::array<std::uint32_t, NodeV4::kKeyCount>& keys) {
  ListHolder holder{};
  holder.body.flags = kRootFollows;
  holder.body.permanent_v4 = {77, static_cast<std::uint32_t>(SetKind::kTreeV4) << 28 | 17, 0};
  holder.root.keys = keys;
  return holder;
}

std::size_t next_child(const ListHolder& holder, std::uint32_t address) {
  const auto above = std::upper_bound(holder.root.keys.begin(), holder.root.keys.end(), address);
  return static_cast<std::size_t>(above - holder.root.keys.begin());
}

TEST(TreeHint, TheChildThatASearchTakesIsAmongTheLikelyOnes) {
  std::mt19937 random(5);
  std::size_t children = 0;
  std::size_t questions = 0;
  for (int round = 0; round < 500; ++round) {
    const std::uint32_t spread = round % 2 == 0 ? 0xFFFFFFFF : 0x03FFFFFF;  // over everything, and within a few /8
    std::array<std::uint32_t, NodeV4::kKeyCount> keys{};
    for (auto& key : keys) key = static_cast<std::uint32_t>(random()) & spread;
    std::sort(keys.begin(), keys.end());
    const ListHolder holder = holder_of(keys);
    const TreeHint hint = hint_of(holder);
    ASSERT_EQ(hint.line, 77U);
    std::vector<std::uint32_t> addresses = {0, 0xFFFFFFFF};
    for (const std::uint32_t key : keys) addresses.insert(addresses.end(), {key, key - 1, key + 1});
    for (int i = 0; i < 50; ++i) addresses.push_back(static_cast<std::uint32_t>(random()));
    for (const std::uint32_t address : addresses) {
      const ChildRange likely = likely_children(hint, address);
      ASSERT_LE(likely.first, next_child(holder, address));
      ASSERT_GE(likely.last, next_child(holder, address));
      ASSERT_LE(likely.last, NodeV4::kKeyCount);
      if (round % 2 == 0) {
        children += likely.last - likely.first + 1;
        ++questions;
      }
    }
  }
  EXPECT_LT(children, 3 * questions) << "keys far apart leave few children";
}

TEST(TreeHint, TheLikelyChildrenAreThoseThatAScanOfThePivotsLeaves) {
  std::mt19937 random(6);
  for (int round = 0; round < 500; ++round) {
    TreeHint hint{};
    hint.line = static_cast<std::uint32_t>(random());
    for (auto& pivot : hint.pivots) pivot = static_cast<std::uint8_t>(round % 2 == 0 ? random() : random() % 5 * 63);
    std::sort(hint.pivots.begin(), hint.pivots.end());
    for (std::uint32_t octet = 0; octet < 256; ++octet) {
      const auto below = std::lower_bound(hint.pivots.begin(), hint.pivots.end(), octet) - hint.pivots.begin();
      const auto not_above = std::upper_bound(hint.pivots.begin(), hint.pivots.end(), octet) - hint.pivots.begin();
      const std::size_t first = below == 0 ? 0 : kHintedKeys[static_cast<std::size_t>(below) - 1] + std::size_t{1};
      const std::size_t last = not_above == static_cast<std::ptrdiff_t>(kHintedKeys.size())
                                   ? NodeV4::kKeyCount
                                   : kHintedKeys[static_cast<std::size_t>(not_above)];
      const ChildRange likely = likely_children(hint, octet << 24 | 0x123456);
      ASSERT_EQ(likely.first, first);
      ASSERT_EQ(likely.last, last);
    }
  }
}

TEST(TreeHint, AListWithoutATreeBelowItsRootHasNone) {
  ListHolder holder{};
  EXPECT_EQ(hint_of(holder).line, 0U);
  holder.body.permanent_v4 = {77, static_cast<std::uint32_t>(SetKind::kTreeV4) << 28 | 1, 0};
  holder.body.flags = kRootFollows;
  EXPECT_EQ(hint_of(holder).line, 0U);
}

TEST(TreeHint, WhatIsStoredIsLoaded) {
  TreeHint there{};
  TreeHint hint{};
  hint.line = 0xFFFFFFFF;
  for (std::size_t i = 0; i < hint.pivots.size(); ++i) hint.pivots[i] = static_cast<std::uint8_t>(20 * i);
  store_hint(there, hint);
  EXPECT_EQ(load_hint(there).line, hint.line);
  EXPECT_EQ(load_hint(there).pivots, hint.pivots);
}

// The hints of an image, by account in the order in which they were put.
std::vector<TreeHint> hints_in(const std::filesystem::path& dir, const ImageWriter& writer) {
  const auto file = MappedFile::map(dir / ("policy." + std::to_string(writer.stats().generation)), sizeof(ImageHeader));
  if (!file) return {};
  const auto* header = reinterpret_cast<const ImageHeader*>(file->bytes().data());
  const auto* hints = reinterpret_cast<const TreeHint*>(file->bytes().data() + header->tree_hints_offset);
  return {hints, hints + writer.stats().accounts};
}

TEST(TreeHint, FollowsTheListOfItsAccountThroughChanges) {
  AccountPolicy account;
  account.id = AccountId{7};
  account.state = AccountState::kActive;
  const auto with_entries = [&](std::uint32_t count) {
    account.allowlist.entries.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto range = *IpRange::make(IpAddress::v4(i << 24), IpAddress::v4((i << 24) + 5));
      account.allowlist.entries.push_back({EntryId{i + 1}, range, EntryState::kEnabled, std::nullopt});
    }
    return account;
  };
  const TestDir dir;
  auto writer = ImageWriter::open({dir.path(), std::nullopt, 1});
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->begin_build(1, 1).ok());
  ASSERT_TRUE(writer->build_instance(InstancePolicy{}).ok());
  ASSERT_TRUE(writer->build_account(with_entries(100)).ok());
  ASSERT_TRUE(writer->publish(Revision{1}).ok());
  const auto built = hints_in(dir.path(), *writer);
  ASSERT_EQ(built.size(), 1U);
  EXPECT_NE(built[0].line, 0U);
  EXPECT_TRUE(std::is_sorted(built[0].pivots.begin(), built[0].pivots.end()));

  ASSERT_TRUE(writer->put_account(with_entries(60)).ok());
  const auto changed = hints_in(dir.path(), *writer);
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_GT(changed[0].line, built[0].line) << "the tree of the changed list";

  ASSERT_TRUE(writer->put_account(with_entries(3)).ok());
  ASSERT_EQ(hints_in(dir.path(), *writer).size(), 1U);
  EXPECT_EQ(hints_in(dir.path(), *writer)[0].line, 0U);
}

}  // namespace
}  // namespace keyfence::image
