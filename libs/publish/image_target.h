#pragma once

#include <memory>

#include "libs/image/writer.h"

namespace keyfence {

// What the publisher asks of a policy image; see ImageWriter, which is the one kind outside of tests.
class ImageTarget {
 public:
  using Done = Result<void, ImageWriteError>;
  virtual ~ImageTarget() = default;

  [[nodiscard]] virtual Done begin_build(std::size_t expected_keys, std::size_t expected_accounts) = 0;
  [[nodiscard]] virtual Done build_instance(const InstancePolicy& instance) = 0;
  [[nodiscard]] virtual Done build_account(const AccountPolicy& account) = 0;
  [[nodiscard]] virtual Done build_key(const KeyPolicy& key) = 0;
  [[nodiscard]] virtual Done publish(Revision revision) = 0;

  [[nodiscard]] virtual Done put_instance(const InstancePolicy& instance) = 0;
  [[nodiscard]] virtual Done put_account(const AccountPolicy& account) = 0;
  [[nodiscard]] virtual Done remove_account(AccountId account) = 0;
  [[nodiscard]] virtual Done put_key(const KeyPolicy& key) = 0;
  [[nodiscard]] virtual Done remove_key(const KeyDigest& digest) = 0;
  [[nodiscard]] virtual Done advance(Revision revision) = 0;
  [[nodiscard]] virtual Done reserve(std::size_t bytes) = 0;

  [[nodiscard]] virtual ImageStats stats() const noexcept = 0;
};

[[nodiscard]] std::unique_ptr<ImageTarget> target_of(ImageWriter writer);

}  // namespace keyfence
