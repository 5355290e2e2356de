#include "tests/decisions/door.h"

#include <filesystem>
#include <string>

#include "libs/base/assert.h"
#include "libs/image/reader.h"
#include "libs/image/writer.h"
#include "libs/policy/slow_policy.h"

namespace keyfence::decisions {
namespace {

// Plain values, decided by scanning.
class SlowDoor final : public Door {
 public:
  explicit SlowDoor(const TablePolicy* policy) {
    if (policy != nullptr) policy_.emplace(kTableRevision, policy->instance, policy->accounts, policy->keys);
  }
  [[nodiscard]] Decision decide(const Question& question) override {
    return policy_ ? keyfence::decide(*policy_, question) : Decision{};
  }

 private:
  std::optional<SlowPolicy> policy_;
};

// A directory of its own, gone with it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(std::filesystem::temp_directory_path() / "keyfence-decisions-XXXXXX") {
    std::string name = path_.string();
    KF_ASSERT(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

ImageWriter open_writer(const std::filesystem::path& dir) {
  auto writer = ImageWriter::open({.dir = dir, .reader_group = std::nullopt, .epoch = 1});
  KF_ASSERT(writer.ok());
  return std::move(writer).value();
}

// A policy image written as a whole generation.
class BuiltImageDoor final : public Door {
 public:
  explicit BuiltImageDoor(const TablePolicy* policy) : reader_(dir_.path() / "policy") {
    if (policy == nullptr) return;
    writer_.emplace(open_writer(dir_.path() / "policy"));
    KF_ASSERT(writer_->begin_build(policy->keys.size(), policy->accounts.size()).ok());
    KF_ASSERT(writer_->build_instance(policy->instance).ok());
    for (const AccountPolicy& account : policy->accounts) KF_ASSERT(writer_->build_account(account).ok());
    for (const KeyPolicy& key : policy->keys) KF_ASSERT(writer_->build_key(key).ok());
    KF_ASSERT(writer_->publish(kTableRevision).ok());
  }
  [[nodiscard]] Decision decide(const Question& question) override { return reader_.decide(question); }

 private:
  TemporaryDirectory dir_;
  std::optional<ImageWriter> writer_;
  ImageReader reader_;
};

// A policy image that began empty and was changed object by object, under a reader that had it mapped already.
class ChangedImageDoor final : public Door {
 public:
  explicit ChangedImageDoor(const TablePolicy* policy) : reader_(dir_.path() / "policy") {
    if (policy == nullptr) return;
    writer_.emplace(open_writer(dir_.path() / "policy"));
    KF_ASSERT(writer_->begin_build(0, 0).ok());
    KF_ASSERT(writer_->build_instance({}).ok());
    KF_ASSERT(writer_->publish(Revision{kTableRevision.value - 1}).ok());
    KF_ASSERT(reader_.acquire() != nullptr);
    KF_ASSERT(writer_->put_instance(policy->instance).ok());
    for (const AccountPolicy& account : policy->accounts) KF_ASSERT(writer_->put_account(account).ok());
    for (const KeyPolicy& key : policy->keys) KF_ASSERT(writer_->put_key(key).ok());
    KF_ASSERT(writer_->advance(kTableRevision).ok());
  }
  [[nodiscard]] Decision decide(const Question& question) override { return reader_.decide(question); }

 private:
  TemporaryDirectory dir_;
  std::optional<ImageWriter> writer_;
  ImageReader reader_;
};

template <class D>
std::unique_ptr<Door> open_door(const TablePolicy* policy) {
  return std::make_unique<D>(policy);
}

}  // namespace

std::vector<DoorKind> library_doors() {
  return {{"slow", open_door<SlowDoor>},
          {"image_built", open_door<BuiltImageDoor>},
          {"image_changed", open_door<ChangedImageDoor>}};
}

}  // namespace keyfence::decisions
