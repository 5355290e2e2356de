#pragma once

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "libs/image/writer.h"
#include "libs/policy/slow_policy.h"

// Random policies for the tests of the image, and a directory to write it to.
namespace keyfence {

// A directory of its own on tmpfs where there is one, removed at the end.
class TestDir {
 public:
  TestDir();
  ~TestDir();
  TestDir(const TestDir&) = delete;
  TestDir& operator=(const TestDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

struct World {
  Revision revision;
  InstancePolicy instance;
  std::vector<AccountPolicy> accounts;
  std::vector<KeyPolicy> keys;

  [[nodiscard]] SlowPolicy slow() const { return {revision, instance, accounts, keys}; }
};

// Makes policies in which everything that can happen happens often: addresses crowd together, times are 0 to 9.
class WorldMaker {
 public:
  explicit WorldMaker(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] World world(std::size_t keys_max, std::size_t entries_max);
  [[nodiscard]] Allowlist list(std::size_t entries_max);
  [[nodiscard]] KeyPolicy key(const World& world, std::size_t entries_max);
  [[nodiscard]] AccountPolicy account(std::size_t entries_max);
  [[nodiscard]] InstancePolicy instance(std::size_t entries_max);
  // An address that is likely in, at the edge of, or just outside some entry.
  [[nodiscard]] IpAddress address();
  [[nodiscard]] Question question(const World& world, const std::vector<ScopeTag>& scopes);
  [[nodiscard]] std::vector<ScopeTag> scopes();
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  [[nodiscard]] IpRange range();

  std::mt19937_64 random_;
  std::uint64_t next_id_ = 1;
};

// Accounts and the digests that worlds draw from.
[[nodiscard]] KeyDigest test_digest(std::uint64_t n);
void build(ImageWriter& writer, const World& world);

}  // namespace keyfence
