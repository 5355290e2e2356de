#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "libs/image/image_view.h"
#include "libs/image/reader.h"
#include "libs/image/test_worlds.h"
#include "libs/image/writer.h"

namespace keyfence {
namespace {

ImageWriter open_writer(const TestDir& dir) {
  auto writer = ImageWriter::open({dir.path(), std::nullopt, 7});
  EXPECT_TRUE(writer.ok()) << writer.error().message;
  return std::move(writer).value();
}

// Asks both and compares; the question is in the failure's words.
void expect_agreement(ImageReader& reader, const World& world, WorldMaker& maker, int questions) {
  const SlowPolicy slow = world.slow();
  for (int i = 0; i < questions; ++i) {
    const std::vector<ScopeTag> scopes = maker.scopes();
    const Question question = maker.question(world, scopes);
    const Decision expected = decide(slow, question);
    const Decision actual = reader.decide(question);
    ASSERT_EQ(actual, expected) << "reason " << name(actual.reason) << " where " << name(expected.reason)
                                << " is right; key " << expected.key.value() << " address "
                                << (question.address ? question.address->text() : "unknown") << " at "
                                << question.now.value;
  }
}

void replace_or_add(std::vector<AccountPolicy>& accounts, const AccountPolicy& account) {
  for (AccountPolicy& standing : accounts) {
    if (standing.id == account.id) {
      standing = account;
      return;
    }
  }
  accounts.push_back(account);
}

// One random change, to the world and to the image.
void change(World& world, ImageWriter& writer, WorldMaker& maker, std::size_t entries_max) {
  switch (maker.below(8)) {
    case 0:
      world.instance = maker.instance(entries_max);
      ASSERT_TRUE(writer.put_instance(world.instance).ok());
      break;
    case 1: {
      const AccountPolicy account = maker.account(entries_max);
      replace_or_add(world.accounts, account);
      ASSERT_TRUE(writer.put_account(account).ok());
      break;
    }
    case 2:
      if (!world.accounts.empty()) {
        const AccountId id = world.accounts[maker.below(world.accounts.size())].id;
        std::erase_if(world.accounts, [id](const AccountPolicy& account) { return account.id == id; });
        ASSERT_TRUE(writer.remove_account(id).ok());
      }
      break;
    case 3:
      if (!world.keys.empty()) {
        const KeyDigest digest = world.keys[maker.below(world.keys.size())].digest;
        std::erase_if(world.keys, [&](const KeyPolicy& key) { return key.digest == digest; });
        ASSERT_TRUE(writer.remove_key(digest).ok());
      }
      break;
    case 4:
    case 5:
      if (!world.keys.empty()) {
        KeyPolicy& key = world.keys[maker.below(world.keys.size())];
        key.allowlist = maker.list(entries_max);
        ASSERT_TRUE(writer.put_key(key).ok());
        break;
      }
      [[fallthrough]];
    default:
      if (world.keys.size() < 30) {
        world.keys.push_back(maker.key(world, entries_max));
        ASSERT_TRUE(writer.put_key(world.keys.back()).ok());
      }
  }
  world.revision.value += 1;
  ASSERT_TRUE(writer.advance(world.revision).ok());
}

TEST(Image, DecidesAsTheSlowPolicyInRandomWorlds) {
  const TestDir dir;
  ImageWriter writer = open_writer(dir);
  ImageReader reader(dir.path());
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    WorldMaker maker(seed);
    const World world = maker.world(12, seed % 3 == 0 ? 3 : seed % 3 == 1 ? 24 : 60);
    ASSERT_NO_FATAL_FAILURE(build(writer, world));
    ASSERT_NO_FATAL_FAILURE(expect_agreement(reader, world, maker, 200)) << "seed " << seed;
    ASSERT_FALSE(reader.last_error().has_value());
  }
}

TEST(Image, DecidesAsTheSlowPolicyAfterEveryChange) {
  const TestDir dir;
  ImageWriter writer = open_writer(dir);
  ImageReader reader(dir.path());
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    WorldMaker maker(seed + 100'000);
    World world = maker.world(10, 24);
    ASSERT_NO_FATAL_FAILURE(build(writer, world));
    for (int step = 0; step < 60; ++step) {
      ASSERT_NO_FATAL_FAILURE(change(world, writer, maker, 24));
      ASSERT_NO_FATAL_FAILURE(expect_agreement(reader, world, maker, 30)) << "seed " << seed << " step " << step;
    }
    EXPECT_EQ(writer.stats().keys, world.keys.size());
    EXPECT_EQ(writer.stats().revision, world.revision);
  }
}

// Many keys in a table that was made for none: it fills up, and is renewed again and again while it is changed.
TEST(Image, DecidesAsTheSlowPolicyWhileGenerationsAreRenewed) {
  const TestDir dir;
  ImageWriter writer = open_writer(dir);
  ImageReader reader(dir.path());
  WorldMaker maker(77);
  World world = maker.world(10, 24);
  ASSERT_NO_FATAL_FAILURE(build(writer, world));
  const std::uint64_t first = writer.stats().generation;
  constexpr std::uint64_t kFillers = 20'000;
  for (std::uint64_t n = 0; n < kFillers; ++n) {
    KeyPolicy filler;
    filler.id = KeyId{1'000'000 + n};
    filler.account = AccountId{1 + n % 5000};
    filler.digest = sha256("filler " + std::to_string(n));
    filler.state = KeyState::kActive;
    filler.scopes = {"scope" + std::to_string(n % 3000)};
    filler.allowlist = maker.list(12);
    ASSERT_TRUE(writer.put_key(filler).ok());
    if (n % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(change(world, writer, maker, 24));
      ASSERT_NO_FATAL_FAILURE(expect_agreement(reader, world, maker, 20)) << "filler " << n;
    }
  }
  EXPECT_GE(writer.stats().generation, first + 3);
  EXPECT_EQ(reader.generation(), writer.stats().generation);
  EXPECT_EQ(writer.stats().keys, world.keys.size() + kFillers);
  Question question;
  question.credential.state = CredentialState::kPresent;
  const std::vector<ScopeTag> scopes = {scope_tag("scope17")};
  question.required_scopes = scopes;
  for (std::uint64_t n = 17; n < kFillers; n += 3000) {
    question.credential.digest = sha256("filler " + std::to_string(n));
    EXPECT_EQ(reader.decide(question).key, KeyId{1'000'000 + n});
  }
}

TEST(Image, GrowsWhatIsBuiltBeyondWhatWasExpected) {
  const TestDir dir;
  ImageWriter writer = open_writer(dir);
  ImageReader reader(dir.path());
  WorldMaker maker(78);
  World world = maker.world(10, 24);
  ASSERT_TRUE(writer.begin_build(0, 0).ok());
  ASSERT_TRUE(writer.build_instance(world.instance).ok());
  for (const AccountPolicy& account : world.accounts) ASSERT_TRUE(writer.build_account(account).ok());
  for (const KeyPolicy& key : world.keys) ASSERT_TRUE(writer.build_key(key).ok());
  for (std::uint64_t n = 0; n < 5000; ++n) {
    KeyPolicy filler;
    filler.id = KeyId{1'000'000 + n};
    filler.account = AccountId{1000 + n};
    filler.digest = sha256("filler " + std::to_string(n));
    ASSERT_TRUE(writer.build_key(filler).ok());
  }
  ASSERT_TRUE(writer.publish(world.revision).ok());
  ASSERT_NO_FATAL_FAILURE(expect_agreement(reader, world, maker, 500));
  EXPECT_EQ(writer.stats().keys, world.keys.size() + 5000);
}

TEST(Image, AnswersNoPolicyUntilOneIsPublished) {
  const TestDir dir;
  ImageReader reader(dir.path() / "later");
  Question question;
  question.credential.state = CredentialState::kPresent;
  EXPECT_EQ(reader.decide(question), Decision{});
  EXPECT_EQ(reader.last_error(), ImageError::kMissing);

  auto writer = ImageWriter::open({dir.path() / "later", std::nullopt, 7});
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(reader.decide(question), Decision{});
  ASSERT_NO_FATAL_FAILURE(build(*writer, World{Revision{3}, {}, {}, {}}));
  EXPECT_EQ(reader.decide(question).reason, Reason::kKeyUnknown);
  EXPECT_EQ(reader.decide(question).revision, Revision{3});
  EXPECT_FALSE(reader.last_error().has_value());
}

TEST(Image, FollowsAGenerationThatCouldNotBeOpenedAsSoonAsItCan) {
  const TestDir dir;
  ImageReader reader(dir.path());
  WorldMaker maker(1);
  {
    ImageWriter writer = open_writer(dir);
    ASSERT_NO_FATAL_FAILURE(build(writer, maker.world(10, 10)));
  }
  ASSERT_NE(reader.acquire(), nullptr);
  const World second = maker.world(10, 10);
  ImageWriter writer = open_writer(dir);
  ASSERT_NO_FATAL_FAILURE(build(writer, second));
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit none = before;
  none.rlim_cur = 0;  // a worker that has used up its files
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  (void)reader.acquire();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(reader.last_error(), ImageError::kUnreadable);
  ASSERT_NO_FATAL_FAILURE(expect_agreement(reader, second, maker, 10));
}

TEST(Image, RefusesASecondWriter) {
  const TestDir dir;
  ImageWriter writer = open_writer(dir);
  auto second = ImageWriter::open({dir.path(), std::nullopt, 7});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ImageWriteError::Code::kBusy);
}

TEST(Image, StaysInForceWhenAnotherWriterOpensUntilThatPublishes) {
  const TestDir dir;
  ImageReader reader(dir.path());
  WorldMaker maker(1);
  const World first = maker.world(10, 10);
  {
    ImageWriter writer = open_writer(dir);
    ASSERT_NO_FATAL_FAILURE(build(writer, first));
  }
  ASSERT_NO_FATAL_FAILURE(expect_agreement(reader, first, maker, 100));
  ImageWriter writer = open_writer(dir);
  ImageReader late(dir.path());
  ASSERT_NO_FATAL_FAILURE(expect_agreement(reader, first, maker, 100));
  ASSERT_NO_FATAL_FAILURE(expect_agreement(late, first, maker, 100));
  ASSERT_FALSE(writer.advance(Revision{9999}).ok());  // nothing of its own is published yet
  const World second = maker.world(10, 10);
  ASSERT_NO_FATAL_FAILURE(build(writer, second));
  ASSERT_NO_FATAL_FAILURE(expect_agreement(reader, second, maker, 100));
}

}  // namespace
}  // namespace keyfence
