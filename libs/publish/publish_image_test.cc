// The publisher with a real store and a real image, read as a gateway reads it.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "libs/image/reader.h"
#include "libs/policy/slow_policy.h"
#include "libs/publish/publisher.h"
#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/random_changes.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence {
namespace {

using testing::new_account;
using testing::new_entry;
using testing::new_key;
using testing::PolicyModel;
using testing::RandomChanges;
using testing::ScratchDirectory;

ImageOptions image_in(const std::string& directory) {
  ImageOptions options;
  options.dir = directory;
  return options;
}

std::unique_ptr<ControlStore> open_store(const std::string& path) {
  StoreResult<std::unique_ptr<ControlStore>> store = open_sqlite_store(path);
  KF_ASSERT(store.ok());
  return *std::move(store);
}

std::unique_ptr<Publisher> start(ControlStore& store, const std::string& directory) {
  Result<std::unique_ptr<Publisher>, std::string> publisher = Publisher::start(store, image_in(directory));
  EXPECT_TRUE(publisher.ok()) << (publisher.ok() ? "" : publisher.error());
  return publisher.ok() ? *std::move(publisher) : nullptr;
}

SlowPolicy slow_policy_of(const PolicyModel& model) {
  std::vector<AccountPolicy> accounts;
  std::vector<KeyPolicy> keys;
  for (const auto& [id, account] : model.accounts) accounts.push_back(account);
  for (const auto& [digest, key] : model.keys) keys.push_back(key);
  return {model.revision, model.instance, std::move(accounts), std::move(keys)};
}

// Addresses in, beside and far from the entries of RandomChanges.
const std::vector<std::optional<IpAddress>>& addresses() {
  static const std::vector<std::optional<IpAddress>> all = {
      std::nullopt,
      IpAddress::parse("10.0.0.7"),
      IpAddress::parse("10.0.0.17"),
      IpAddress::parse("10.0.1.5"),
      IpAddress::parse("10.0.2.10"),
      IpAddress::parse("10.255.0.1"),
      IpAddress::parse("203.0.113.9"),
      IpAddress::parse("203.0.113.10"),
      IpAddress::parse("198.51.100.3"),
      IpAddress::parse("192.0.2.1"),
      IpAddress::parse("2001:db8::1"),
      IpAddress::parse("2001:db8::30"),
      IpAddress::parse("2001:db8:1::1"),
      IpAddress::parse("fe80::1"),
  };
  return all;
}

struct Outcomes {
  int allowed = 0;
  int denied = 0;
};

void expect_same_decisions(const PolicyModel& model, ImageReader& image, Outcomes* outcomes = nullptr) {
  const SlowPolicy slow = slow_policy_of(model);
  const std::vector<ScopeTag> required = {scope_tag("a:b")};
  std::vector<KeyDigest> digests = {testing::new_digest()};
  for (const auto& [digest, key] : model.keys) digests.push_back(digest);
  for (const KeyDigest& digest : digests) {
    for (const auto& address : addresses()) {
      for (const std::uint32_t now : {500U, 1'500U, 5'000U}) {
        for (const std::span<const ScopeTag> scopes : {std::span<const ScopeTag>(), std::span(required)}) {
          const Question question{{CredentialState::kPresent, digest}, address, scopes, UnixSeconds{now}};
          const Decision expected = decide(slow, question);
          const Decision decided = image.decide(question);
          if (outcomes != nullptr) ++(decided.outcome == Outcome::kAllow ? outcomes->allowed : outcomes->denied);
          ASSERT_EQ(decided, expected) << name(decided.reason) << " instead of " << name(expected.reason) << " for "
                                       << (address ? address->text() : "unknown") << " at " << now;
        }
      }
    }
  }
}

TEST(PublishedImage, DecidesAsTheStoreAfterAnyChanges) {
  const ScratchDirectory directory;
  const std::unique_ptr<ControlStore> store = open_store(directory.file("control.db"));
  RandomChanges changes(11);
  for (int i = 0; i < 40; ++i) changes.step(*store);
  const std::unique_ptr<Publisher> publisher = start(*store, directory.file("image"));
  ASSERT_NE(publisher, nullptr);
  ImageReader reader(directory.file("image"));
  expect_same_decisions(changes.expected(), reader);
  Outcomes outcomes;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 5; ++i) {
      changes.step(*store);
      ASSERT_EQ(publisher->status().image_revision, store->revision().value());
    }
    expect_same_decisions(changes.expected(), reader, &outcomes);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(outcomes.allowed, 1'000) << "the walk must have met both";
  EXPECT_GT(outcomes.denied, 1'000);
  EXPECT_FALSE(publisher->status().failure.has_value());
}

TEST(PublishedImage, RestartedPublisherDecidesAsTheStore) {
  const ScratchDirectory directory;
  RandomChanges changes(12);
  ImageReader reader(directory.file("image"));
  for (int round = 0; round < 3; ++round) {
    const std::unique_ptr<ControlStore> store = open_store(directory.file("control.db"));
    const std::unique_ptr<Publisher> publisher = start(*store, directory.file("image"));
    ASSERT_NE(publisher, nullptr);
    expect_same_decisions(changes.expected(), reader);
    for (int i = 0; i < 40; ++i) changes.step(*store);
    expect_same_decisions(changes.expected(), reader);
  }
}

TEST(PublishedImage, SecondPublisherOfADirectoryIsRefused) {
  const ScratchDirectory directory;
  const std::unique_ptr<ControlStore> store = open_store(directory.file("control.db"));
  const std::unique_ptr<ControlStore> other = open_store(directory.file("other.db"));
  const std::unique_ptr<Publisher> publisher = start(*store, directory.file("image"));
  EXPECT_FALSE(Publisher::start(*other, image_in(directory.file("image"))).ok());
}

constexpr std::string_view kAllowed = "10.1.2.3";

// Makes a key that may be used from one address, then dies right after the commit that takes that address away.
[[noreturn]] void die_between_commit_and_publish(const ScratchDirectory& directory, const KeyDigest& digest) {
  const std::unique_ptr<ControlStore> store = open_store(directory.file("control.db"));
  const std::unique_ptr<Publisher> publisher = start(*store, directory.file("image"));
  const AccountRow account = new_account("acme");
  KeyRow key = new_key(account.id, "key");
  key.digest = digest;
  const EntryRow entry = new_entry(kAllowed);
  const StoreResult<Committed> made = store->transact([&](Transaction& t) -> StoreResult<void> {
    if (!t.insert_account(account).ok() || !t.insert_key(key).ok()) ::_exit(1);
    if (!t.insert_entry(ListRef::of(key.id), entry).ok()) ::_exit(1);
    return t.insert_entry(ListRef::of(key.id), new_entry("10.9.9.9"));
  });
  if (!made.ok()) ::_exit(1);
  store->on_committed([](std::span<const PolicyChange>) { ::raise(SIGKILL); });
  static_cast<void>(store->transact([&](Transaction& t) { return t.delete_entry(ListRef::of(key.id), entry.id); }));
  ::_exit(2);
}

TEST(PublishedImage, KilledBetweenCommitAndPublishAgreesWithTheStoreAfterTheRestart) {
  const ScratchDirectory directory;
  const KeyDigest digest = testing::new_digest();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) die_between_commit_and_publish(directory, digest);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
  ASSERT_EQ(WTERMSIG(status), SIGKILL);

  ImageReader reader(directory.file("image"));
  const Question question{{CredentialState::kPresent, digest}, IpAddress::parse(kAllowed), {}, UnixSeconds{1}};
  EXPECT_EQ(reader.decide(question).reason, Reason::kAllowed) << "the last image goes on deciding";
  EXPECT_EQ(reader.decide(question).revision, Revision{1});

  const std::unique_ptr<ControlStore> store = open_store(directory.file("control.db"));
  EXPECT_EQ(store->revision().value(), Revision{2}) << "it was committed";
  const std::unique_ptr<Publisher> publisher = start(*store, directory.file("image"));
  ASSERT_NE(publisher, nullptr);
  EXPECT_EQ(reader.decide(question).reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(reader.decide(question).revision, Revision{2});
  expect_same_decisions(PolicyModel::snapshot_of(*store), reader);
}

}  // namespace
}  // namespace keyfence
