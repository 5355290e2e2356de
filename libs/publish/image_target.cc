#include "libs/publish/image_target.h"

namespace keyfence {
namespace {

class WriterTarget final : public ImageTarget {
 public:
  explicit WriterTarget(ImageWriter writer) : writer_(std::move(writer)) {}

  Done begin_build(std::size_t keys, std::size_t accounts) override { return writer_.begin_build(keys, accounts); }
  Done build_instance(const InstancePolicy& instance) override { return writer_.build_instance(instance); }
  Done build_account(const AccountPolicy& account) override { return writer_.build_account(account); }
  Done build_key(const KeyPolicy& key) override { return writer_.build_key(key); }
  Done publish(Revision revision) override { return writer_.publish(revision); }
  Done put_instance(const InstancePolicy& instance) override { return writer_.put_instance(instance); }
  Done put_account(const AccountPolicy& account) override { return writer_.put_account(account); }
  Done remove_account(AccountId account) override { return writer_.remove_account(account); }
  Done put_key(const KeyPolicy& key) override { return writer_.put_key(key); }
  Done remove_key(const KeyDigest& digest) override { return writer_.remove_key(digest); }
  Done advance(Revision revision) override { return writer_.advance(revision); }
  Done reserve(std::size_t bytes) override { return writer_.reserve(bytes); }
  ImageStats stats() const noexcept override { return writer_.stats(); }

 private:
  ImageWriter writer_;
};

}  // namespace

std::unique_ptr<ImageTarget> target_of(ImageWriter writer) {
  return std::make_unique<WriterTarget>(std::move(writer));
}

}  // namespace keyfence
