#include "libs/publish/store_publisher.h"

#include <gmock/gmock.h>

#include <thread>

#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/random_changes.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence {
namespace {

using ::testing::HasSubstr;
using testing::new_account;
using testing::new_key;
using testing::PolicyModel;
using testing::RandomChanges;
using testing::ScratchDirectory;

// What an image would hold, as values, and the trouble that it is to make. Read it when no publisher is at work.
struct FakeImage {
  PolicyModel standing;
  std::size_t snapshots = 0;
  std::size_t advances = 0;
  std::atomic<bool> full = false;  // every write fails
};

class FakeTarget final : public ImageTarget {
 public:
  explicit FakeTarget(FakeImage& image) : image_(&image) {}

  Done begin_build(std::size_t, std::size_t) override {
    building_ = {};
    return room();
  }
  Done build_instance(const InstancePolicy& instance) override {
    building_.instance = instance;
    return room();
  }
  Done build_account(const AccountPolicy& account) override {
    building_.accounts.emplace(account.id, account);
    return room();
  }
  Done build_key(const KeyPolicy& key) override {
    EXPECT_TRUE(building_.accounts.contains(key.account));
    building_.keys.emplace(key.digest, key);
    return room();
  }
  Done publish(Revision revision) override {
    if (auto done = room(); !done) return done;
    building_.revision = revision;
    image_->standing = building_;
    ++image_->snapshots;
    return {};
  }
  Done put_instance(const InstancePolicy& instance) override {
    if (auto done = room(); !done) return done;
    image_->standing.instance = instance;
    return {};
  }
  Done put_account(const AccountPolicy& account) override {
    if (auto done = room(); !done) return done;
    image_->standing.accounts.insert_or_assign(account.id, account);
    return {};
  }
  Done remove_account(AccountId account) override {
    EXPECT_EQ(image_->standing.accounts.erase(account), 1U);
    return room();
  }
  Done put_key(const KeyPolicy& key) override {
    if (auto done = room(); !done) return done;
    EXPECT_TRUE(image_->standing.accounts.contains(key.account));
    image_->standing.keys.insert_or_assign(key.digest, key);
    return {};
  }
  Done remove_key(const KeyDigest& digest) override {
    image_->standing.keys.erase(digest);
    return room();
  }
  Done advance(Revision revision) override {
    if (auto done = room(); !done) return done;
    image_->standing.revision = revision;
    ++image_->advances;
    return {};
  }
  Done reserve(std::size_t) override { return room(); }
  ImageStats stats() const noexcept override {
    ImageStats stats;
    stats.revision = image_->standing.revision;
    return stats;
  }

 private:
  [[nodiscard]] Done room() const {
    if (!image_->full) return {};
    return Err{ImageWriteError{ImageWriteError::Code::kNoSpace, "no space left in the image directory"}};
  }
  FakeImage* image_;
  PolicyModel building_;
};

class StorePublisherTest : public ::testing::Test {
 protected:
  void start() {
    publisher_ =
        std::make_unique<StorePublisher>(*store_, std::make_unique<FakeTarget>(image_),
                                         RetryPauses{std::chrono::milliseconds{1}, std::chrono::milliseconds{4}});
    const Result<void, std::string> begun = publisher_->begin();
    ASSERT_TRUE(begun.ok()) << begun.error();
  }
  void add_account() {
    ASSERT_TRUE(store_->transact([](Transaction& t) { return t.insert_account(new_account(name())); }).ok());
  }
  void wait_until_recovered() {
    for (int i = 0; i < 10'000 && publisher_->status().failure; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    ASSERT_FALSE(publisher_->status().failure.has_value());
  }
  static std::string name() {
    static int number = 0;
    return "account " + std::to_string(++number);
  }

  ScratchDirectory directory_;
  std::unique_ptr<ControlStore> store_ = open_sqlite_store(directory_.file("control.db")).value();
  FakeImage image_;
  std::unique_ptr<StorePublisher> publisher_;
};

TEST_F(StorePublisherTest, StartPublishesWhatTheStoreHolds) {
  RandomChanges changes(1);
  for (int i = 0; i < 60; ++i) changes.step(*store_);
  start();
  EXPECT_EQ(image_.standing, changes.expected());
  EXPECT_EQ(image_.snapshots, 1U);
  EXPECT_EQ(publisher_->status().image_revision, changes.expected().revision);
  EXPECT_FALSE(publisher_->status().failure.has_value());
}

TEST_F(StorePublisherTest, EveryChangeIsInTheImageWhenTheStoreAnswers) {
  start();
  RandomChanges changes(2);
  for (int i = 0; i < 400; ++i) {
    changes.step(*store_);
    ASSERT_EQ(image_.standing, changes.expected()) << "after change set " << i;
    ASSERT_EQ(publisher_->status().image_revision, store_->revision().value());
  }
  EXPECT_EQ(image_.snapshots, 1U) << "changes are applied, not built anew";
  EXPECT_EQ(publisher_->status().store_revision, store_->revision().value());
}

TEST_F(StorePublisherTest, ConcurrentChangesAllArriveInOneImage) {
  start();
  std::vector<std::thread> writers;
  writers.reserve(8);
  for (int w = 0; w < 8; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < 40; ++i) {
        const AccountRow account =
            new_account(std::to_string(testing::new_digest().bytes[0]) + testing::new_digest().hex());
        const StoreResult<Committed> done = store_->transact([&](Transaction& t) -> StoreResult<void> {
          if (StoreResult<void> inserted = t.insert_account(account); !inserted) return inserted;
          return t.insert_key(new_key(account.id, "key"));
        });
        EXPECT_TRUE(done.ok());
        EXPECT_GE(publisher_->status().image_revision, done->revision);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(image_.standing, PolicyModel::snapshot_of(*store_));
  EXPECT_LE(image_.advances, 320U);
  EXPECT_EQ(image_.snapshots, 1U);
}

TEST_F(StorePublisherTest, FullImageKeepsTheLastPolicyAndRefusesChangesUntilThereIsRoom) {
  start();
  add_account();
  const PolicyModel before = image_.standing;
  image_.full = true;
  EXPECT_FALSE(publisher_->ready_for_changes());
  EXPECT_THAT(publisher_->status().failure.value_or(""), HasSubstr("no space"));
  add_account();  // a change that nobody asked about beforehand
  EXPECT_EQ(image_.standing, before);
  EXPECT_EQ(publisher_->status().image_revision, before.revision);
  EXPECT_EQ(publisher_->status().store_revision, store_->revision().value());
  EXPECT_FALSE(publisher_->ready_for_changes());
  image_.full = false;
  wait_until_recovered();
  EXPECT_TRUE(publisher_->ready_for_changes());
  EXPECT_EQ(publisher_->status().image_revision, store_->revision().value());
  add_account();
  publisher_.reset();
  EXPECT_EQ(image_.standing, PolicyModel::snapshot_of(*store_));
  EXPECT_EQ(image_.snapshots, 2U);
}

TEST_F(StorePublisherTest, RoomThatCameBackMakesItReadyAgain) {
  start();
  image_.full = true;
  EXPECT_FALSE(publisher_->ready_for_changes());
  image_.full = false;
  wait_until_recovered();  // without being asked
  EXPECT_TRUE(publisher_->ready_for_changes());
  EXPECT_EQ(image_.snapshots, 1U);
}

TEST_F(StorePublisherTest, ChangesWhileItRecoversAreNotLost) {
  start();
  RandomChanges changes(3);
  for (int round = 0; round < 10; ++round) {
    image_.full = round % 2 == 0;
    for (int i = 0; i < 20; ++i) changes.step(*store_);
  }
  image_.full = false;
  wait_until_recovered();
  for (int i = 0; i < 20; ++i) changes.step(*store_);
  publisher_.reset();
  EXPECT_EQ(image_.standing, changes.expected());
}

TEST_F(StorePublisherTest, HoleInTheRevisionsIsNotAppliedAndEndsInANewSnapshot) {
  start();
  add_account();
  PolicyChange unexpected;
  unexpected.revision = {store_->revision()->value + 2};
  unexpected.instance_error_style = ErrorStyle::kProblem;
  publisher_->apply({&unexpected, 1});
  wait_until_recovered();
  add_account();
  publisher_.reset();
  EXPECT_EQ(image_.snapshots, 2U);
  EXPECT_EQ(image_.standing, PolicyModel::snapshot_of(*store_));
}

TEST_F(StorePublisherTest, ChangeThatDoesNotFitEndsInANewSnapshot) {
  start();
  PolicyChange unfitting;
  unfitting.revision = {store_->revision()->value + 1};
  ListDelta delta;
  delta.ref = ListRef::global();
  delta.removed = {EntryId(1)};
  unfitting.lists = {delta};
  publisher_->apply({&unfitting, 1});
  wait_until_recovered();
  publisher_.reset();
  EXPECT_EQ(image_.snapshots, 2U);
  EXPECT_EQ(image_.standing, PolicyModel::snapshot_of(*store_));
}

TEST_F(StorePublisherTest, ChangesThatTheSnapshotHoldsArePassedOver) {
  add_account();
  start();
  PolicyChange old;
  old.revision = {1};
  old.instance_error_style = ErrorStyle::kProblem;
  publisher_->apply({&old, 1});
  EXPECT_FALSE(publisher_->status().failure.has_value());
  EXPECT_EQ(image_.standing, PolicyModel::snapshot_of(*store_));
}

TEST_F(StorePublisherTest, StartFailsWhereTheImageCannotBeBuilt) {
  image_.full = true;
  StorePublisher publisher(*store_, std::make_unique<FakeTarget>(image_), RetryPauses{});
  const Result<void, std::string> begun = publisher.begin();
  ASSERT_FALSE(begun.ok());
  EXPECT_THAT(begun.error(), HasSubstr("no space"));
}

TEST_F(StorePublisherTest, EndedPublisherLeavesTheStoreAlone) {
  start();
  publisher_.reset();
  const PolicyModel before = image_.standing;
  add_account();
  EXPECT_EQ(image_.standing, before);
}

}  // namespace
}  // namespace keyfence
