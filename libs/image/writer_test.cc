#include "libs/image/writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "libs/base/testing/allocation_count.h"
#include "libs/image/reader.h"
#include "libs/image/test_worlds.h"

namespace keyfence {
namespace {

// Key n of a policy in which key, account and list say the same number, so that a torn answer shows.
KeyPolicy numbered_key(std::uint64_t n, std::uint32_t version) {
  KeyPolicy key;
  key.id = KeyId{n + 1};
  key.account = AccountId{1};
  key.digest = test_digest(n);
  key.state = KeyState::kActive;
  for (std::uint32_t i = 0; i < 1 + (n + version) % 30; ++i) {  // slot, prefix line and holder in turn
    key.allowlist.entries.push_back(
        {EntryId{i + 1}, IpRange::single(IpAddress::v4(version * 1000 + 2 * i)), EntryState::kEnabled, std::nullopt});
  }
  return key;
}

World numbered_world(std::size_t keys, std::uint32_t version) {
  World world;
  world.revision = Revision{version + 1};
  world.instance.allowlist.when_empty = WhenEmpty::kAllow;
  AccountPolicy account;
  account.id = AccountId{1};
  account.state = AccountState::kActive;
  account.allowlist.when_empty = WhenEmpty::kAllow;
  world.accounts.push_back(account);
  for (std::size_t n = 0; n < keys; ++n) world.keys.push_back(numbered_key(n, version));
  return world;
}

Decision ask(ImageReader& reader, std::uint64_t key, std::uint32_t version) {
  Question question;
  question.credential.state = CredentialState::kPresent;
  question.credential.digest = test_digest(key);
  question.address = IpAddress::v4(version * 1000);
  return reader.decide(question);
}

ImageWriter open_writer(const std::filesystem::path& dir) {
  auto writer = ImageWriter::open({dir, std::nullopt, 7});
  EXPECT_TRUE(writer.ok()) << writer.error().message;
  return std::move(writer).value();
}

// Decides while versions go up: an answer is never older than what was acknowledged before the question was put.
// Returns false on a stale, torn or missing answer.
bool reads_no_stale_answer(const std::filesystem::path& dir, const std::atomic<std::uint32_t>& acknowledged,
                           const std::atomic<bool>& stop, std::size_t keys) {
  ImageReader reader(dir);
  for (std::uint64_t i = 0; !stop.load(); ++i) {
    const std::uint32_t before = acknowledged.load();
    const Decision now = ask(reader, i % keys, before);
    const Decision old = before > 0 ? ask(reader, i % keys, before - 1) : Decision{};
    const std::uint32_t after = acknowledged.load();
    const bool unchanged = after == before;
    if (now.reason == Reason::kNoPolicy || now.key != KeyId{i % keys + 1}) return false;
    if (now.revision.value < before + 1) return false;
    // While the next version is being put (acknowledged stands, keys move on), only what is older is certain.
    if (unchanged && old.outcome == Outcome::kAllow) return false;
  }
  return true;
}

TEST(ImageWriter, IsNeverReadStaleByThreadsThatDecideMeanwhile) {
  const TestDir dir;
  constexpr std::size_t kKeys = 20;
  ImageWriter writer = open_writer(dir.path());
  build(writer, numbered_world(kKeys, 0));
  std::atomic<std::uint32_t> acknowledged{0};
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      if (!reads_no_stale_answer(dir.path(), acknowledged, stop, kKeys)) ++failures;
    });
  }
  for (std::uint32_t version = 1; version < 300; ++version) {
    if (version % 50 == 0) {
      build(writer, numbered_world(kKeys, version));
    } else {
      for (std::size_t n = 0; n < kKeys; ++n) EXPECT_TRUE(writer.put_key(numbered_key(n, version)).ok());
      EXPECT_TRUE(writer.advance(Revision{version + 1}).ok());
    }
    acknowledged.store(version);
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(failures.load(), 0);
}

// A child writes until it is killed; the parent's reader must go on, and the next writer must find its way.
TEST(ImageWriter, LeavesReadersAWholePolicyWhenItIsKilledAtAnyMoment) {
  const TestDir dir;
  constexpr std::size_t kKeys = 20;
  {
    ImageWriter writer = open_writer(dir.path());
    build(writer, numbered_world(kKeys, 0));
  }
  ImageReader reader(dir.path());
  std::mt19937_64 random(5);
  for (int round = 0; round < 40; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto writer = ImageWriter::open({dir.path(), std::nullopt, 7});
      if (!writer.ok()) _exit(1);
      for (std::uint32_t version = 0;; ++version) {
        build(*writer, numbered_world(kKeys, version));
        for (std::uint32_t change = 0; change < 50; ++change) {
          for (std::size_t n = 0; n < kKeys; ++n) (void)writer->put_key(numbered_key(n, ++version)).ok();
          (void)writer->advance(Revision{version + 1}).ok();
        }
      }
    }
    usleep(static_cast<useconds_t>(random() % 20'000));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    for (std::size_t n = 0; n < kKeys; ++n) {
      const Decision decision = ask(reader, n, 0);
      ASSERT_NE(decision.reason, Reason::kNoPolicy) << round;
      ASSERT_EQ(decision.key, KeyId{n + 1}) << round;
      ASSERT_EQ(ask(reader, 1000, 0).reason, Reason::kKeyUnknown);
    }
  }
  ImageWriter writer = open_writer(dir.path());
  std::size_t images = 0;
  for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
    images += file.path().filename().string().starts_with("policy.") ? 1U : 0U;
  }
  EXPECT_EQ(images, 1U);  // what died half-built is gone
  build(writer, numbered_world(kKeys, 12345));
  EXPECT_EQ(ask(reader, 3, 12345).reason, Reason::kAllowed);
}

// Writes until there is no room, then checks that what was published stands and that freed room is used again.
void fill_up(const std::filesystem::path& dir, ImageWriter& writer, const std::function<void()>& make_room) {
  ImageReader reader(dir);
  std::uint64_t added = 0;
  Result<void, ImageWriteError> result;
  for (; added < 200'000 && result.ok(); ++added) {
    KeyPolicy key = numbered_key(added + 100, 29);
    key.digest = test_digest(added + 100);
    result = writer.put_key(key);
  }
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ImageWriteError::Code::kNoSpace) << result.error().message;
  EXPECT_FALSE(writer.reserve(64 << 20).ok());
  EXPECT_EQ(ask(reader, 3, 0).reason, Reason::kAllowed);
  EXPECT_EQ(ask(reader, 100, 29).reason, Reason::kAllowed);
  EXPECT_EQ(ask(reader, added + 99, 29).reason, Reason::kKeyUnknown);  // the one that failed
  make_room();
  EXPECT_TRUE(writer.reserve(1 << 20).ok());
  EXPECT_TRUE(writer.put_key(numbered_key(added + 99, 29)).ok());
  EXPECT_EQ(ask(reader, added + 99, 29).reason, Reason::kAllowed);
}

TEST(ImageWriter, AnswersNoSpaceOnAFullTmpfsAndGoesOnWhenThereIsRoom) {
  const TestDir dir;
  // A small tmpfs needs root, or a namespace in which we are; where neither is to be had a limit on file sizes stands
  // in for it.
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool may_mount = geteuid() == 0 ? unshare(CLONE_NEWNS) == 0 : unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    const bool mounted = may_mount && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=6m") == 0;
    if (mounted) {
      ImageWriter writer = open_writer(dir.path());
      const std::filesystem::path ballast = dir.path() / "ballast";
      std::ofstream(ballast) << std::string(3 << 20, 'x');
      build(writer, numbered_world(20, 0));
      fill_up(dir.path(), writer, [&] { std::filesystem::remove(ballast); });
    } else {
      (void)signal(SIGXFSZ, SIG_IGN);
      ImageWriter writer = open_writer(dir.path());
      build(writer, numbered_world(20, 0));
      rlimit before{};
      getrlimit(RLIMIT_FSIZE, &before);
      const rlimit small{1 << 20, before.rlim_max};
      setrlimit(RLIMIT_FSIZE, &small);
      fill_up(dir.path(), writer, [&] { setrlimit(RLIMIT_FSIZE, &before); });
    }
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ImageWriter, MakesFilesThatOnlyOwnerAndGroupMayRead) {
  const TestDir parent;
  const std::filesystem::path dir = parent.path() / "made";
  ImageWriter writer = open_writer(dir);
  build(writer, numbered_world(3, 0));
  struct stat status {};
  ASSERT_EQ(stat(dir.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0750U);
  for (const auto& file : std::filesystem::directory_iterator(dir)) {
    ASSERT_EQ(stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0640U) << file.path();
  }
}

TEST(ImageWriter, SaysWhatIsWrongWithItsOptions) {
  const TestDir dir;
  EXPECT_FALSE(ImageWriter::open({dir.path(), "no-such-group-here", 7}).ok());
  std::ofstream(dir.path() / "file") << "x";
  EXPECT_FALSE(ImageWriter::open({dir.path() / "file", std::nullopt, 7}).ok());
  ImageWriter writer = open_writer(dir.path());
  EXPECT_FALSE(writer.publish(Revision{1}).ok());
  EXPECT_FALSE(writer.build_key(numbered_key(1, 1)).ok());
  EXPECT_FALSE(writer.put_key(numbered_key(1, 1)).ok());
}

TEST(ImageWriter, KeepsWithinTheBytesItPromises) {
  const TestDir dir;
  ImageWriter writer = open_writer(dir.path());
  constexpr std::size_t kKeys = 50'000;
  for (const std::size_t entries : {std::size_t{0}, std::size_t{8}, std::size_t{20}}) {
    ASSERT_TRUE(writer.begin_build(kKeys, 1).ok());
    ASSERT_TRUE(writer.build_account(numbered_world(0, 0).accounts[0]).ok());
    KeyPolicy key;
    key.account = AccountId{1};
    key.scopes = {"messages:read"};
    for (std::size_t i = 0; i < entries; ++i) {
      const auto address = IpAddress::v4(static_cast<std::uint32_t>(0x0A000000 + i * 512));
      key.allowlist.entries.push_back({EntryId{i + 1}, IpRange::single(address), EntryState::kEnabled, std::nullopt});
    }
    for (std::size_t n = 0; n < kKeys; ++n) {
      key.id = KeyId{n + 1};
      key.digest = test_digest(n);
      ASSERT_TRUE(writer.build_key(key).ok());
    }
    ASSERT_TRUE(writer.publish(Revision{1}).ok());
    constexpr std::size_t kFixedBytes = 1 << 20;  // header, account and scope tables, room reserved ahead
    EXPECT_LE(writer.stats().reserved_bytes, kKeys * (150 + 12 * entries) + kFixedBytes) << entries;
  }
}

TEST(ImageReader, DecidesWithoutAllocating) {
  const TestDir dir;
  ImageWriter writer = open_writer(dir.path());
  WorldMaker maker(9);
  const World world = maker.world(20, 40);
  build(writer, world);
  ImageReader reader(dir.path());
  ASSERT_NE(reader.acquire(), nullptr);
  std::vector<std::vector<ScopeTag>> scopes(500);
  std::vector<Question> questions;
  for (auto& wanted : scopes) {
    wanted = maker.scopes();
    questions.push_back(maker.question(world, wanted));
  }
  const std::uint64_t before = allocations_so_far();
  for (const Question& question : questions) (void)reader.decide(question);
  EXPECT_EQ(allocations_so_far(), before);
  ::operator delete(::operator new(1));
  EXPECT_GT(allocations_so_far(), before);  // the count counts
}

}  // namespace
}  // namespace keyfence
