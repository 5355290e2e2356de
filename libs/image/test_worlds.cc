#include "libs/image/test_worlds.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace keyfence {
namespace {

constexpr std::array kScopeNames = {"a", "b", "messages:read", "messages:write"};
constexpr std::uint64_t kAccounts = 3;
constexpr std::uint64_t kDigests = 40;

}  // namespace

TestDir::TestDir() {
  const std::filesystem::path parent =
      std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string name = (parent / "keyfence-image-test.XXXXXX").string();
  path_ = mkdtemp(name.data());
}
TestDir::~TestDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

KeyDigest test_digest(std::uint64_t n) {
  return sha256("key " + std::to_string(n));
}

IpAddress WorldMaker::address() {
  // A few bits vary at each end, so that ranges meet, nest and touch.
  switch (below(8)) {
    case 0:
      return IpAddress::v4(static_cast<std::uint32_t>(below(24)));
    case 1:
      return IpAddress::v4(0xFFFFFFFF - static_cast<std::uint32_t>(below(24)));
    case 2:
      return IpAddress::v4(static_cast<std::uint32_t>(random_()));
    case 3:
      return IpAddress::v6((static_cast<uint128>(0x20010DB8) << 96) + below(24));
    case 4:
      return IpAddress::v6((static_cast<uint128>(0x20010DB8'00000000 + below(24))) << 64);
    case 5:
      return IpAddress::v6(~static_cast<uint128>(0) - below(24));
    default:
      return IpAddress::v4(0xC0A80000 + static_cast<std::uint32_t>(below(512)));
  }
}

IpRange WorldMaker::range() {
  const IpAddress first = address();
  if (one_in(3)) return IpRange::single(first);
  if (one_in(2)) {
    const int bits = static_cast<int>(below(first.is_v4() ? 33 : 129));
    const uint128 mask = bits == 128 ? ~static_cast<uint128>(0) : (static_cast<uint128>(1) << bits) - 1;
    const uint128 low = first.number() & ~mask;
    if (first.is_v4()) {
      return *IpRange::make(IpAddress::v4(static_cast<std::uint32_t>(low)),
                            IpAddress::v4(static_cast<std::uint32_t>(low | mask)));
    }
    const IpAddress begin = IpAddress::v6(low);
    const IpAddress end = IpAddress::v6(low | mask);
    if (const auto made = IpRange::make(begin, end)) return *made;
    return IpRange::single(first);
  }
  for (int tries = 0; tries < 20; ++tries) {
    if (const auto made = IpRange::make(first, address())) return *made;
  }
  return IpRange::single(first);
}

Allowlist WorldMaker::list(std::size_t entries_max) {
  Allowlist list;
  list.mode = one_in(4) ? ListMode::kMonitor : one_in(8) ? ListMode::kOff : ListMode::kEnforce;
  list.when_empty = one_in(3) ? WhenEmpty::kDeny : WhenEmpty::kAllow;
  if (one_in(4)) return list;
  const std::uint64_t count = below(entries_max + 1);
  const bool plain = one_in(2);
  for (std::uint64_t i = 0; i < count; ++i) {
    PolicyEntry entry{EntryId{next_id_++}, range(), EntryState::kEnabled, std::nullopt};
    if (!plain && one_in(5)) entry.state = EntryState::kDisabled;
    if (!plain && one_in(3)) entry.expires_at = UnixSeconds{static_cast<std::uint32_t>(below(10))};
    list.entries.push_back(entry);
  }
  return list;
}

KeyPolicy WorldMaker::key(const World& world, std::size_t entries_max) {
  KeyPolicy key;
  key.id = KeyId{next_id_++};
  key.account = AccountId{1 + below(kAccounts)};
  do {
    key.digest = test_digest(below(kDigests));
  } while (world.slow().find_key(key.digest) != nullptr);
  key.state = one_in(8) ? KeyState::kRevoked : one_in(8) ? KeyState::kDisabled : KeyState::kActive;
  if (one_in(5)) key.expires_at = UnixSeconds{static_cast<std::uint32_t>(below(10))};
  for (const char* scope : kScopeNames) {
    if (one_in(2)) key.scopes.emplace_back(scope);
  }
  key.allowlist = list(entries_max);
  return key;
}

AccountPolicy WorldMaker::account(std::size_t entries_max) {
  AccountPolicy account;
  account.id = AccountId{1 + below(kAccounts)};
  account.state = one_in(6) ? AccountState::kSuspended : AccountState::kActive;
  if (one_in(2)) account.error_style = static_cast<ErrorStyle>(below(3));
  account.allowlist = list(entries_max);
  return account;
}

InstancePolicy WorldMaker::instance(std::size_t entries_max) {
  return {static_cast<ErrorStyle>(below(3)), list(entries_max)};
}

World WorldMaker::world(std::size_t keys_max, std::size_t entries_max) {
  World world;
  world.revision = Revision{1 + below(1000)};
  world.instance = instance(entries_max);
  for (std::uint64_t id = 1; id <= kAccounts; ++id) {
    if (one_in(8)) continue;
    world.accounts.push_back(account(entries_max));
    world.accounts.back().id = AccountId{id};
  }
  const std::uint64_t keys = below(std::min<std::uint64_t>(keys_max, kDigests) + 1);
  for (std::uint64_t i = 0; i < keys; ++i) world.keys.push_back(key(world, entries_max));
  return world;
}

std::vector<ScopeTag> WorldMaker::scopes() {
  std::vector<ScopeTag> scopes;
  if (one_in(2)) scopes.push_back(scope_tag(kScopeNames[below(kScopeNames.size())]));
  if (one_in(3)) scopes.push_back(scope_tag(kScopeNames[below(kScopeNames.size())]));
  return scopes;
}

Question WorldMaker::question(const World& world, const std::vector<ScopeTag>& scopes) {
  Question question;
  question.credential.state = CredentialState::kPresent;
  question.credential.digest =
      world.keys.empty() || one_in(10) ? test_digest(below(kDigests)) : world.keys[below(world.keys.size())].digest;
  if (!one_in(20)) question.address = address();
  question.required_scopes = scopes;
  question.now = UnixSeconds{static_cast<std::uint32_t>(below(11))};
  return question;
}

void build(ImageWriter& writer, const World& world) {
  ASSERT_TRUE(writer.begin_build(world.keys.size(), world.accounts.size()).ok());
  ASSERT_TRUE(writer.build_instance(world.instance).ok());
  for (const AccountPolicy& account : world.accounts) ASSERT_TRUE(writer.build_account(account).ok());
  for (const KeyPolicy& key : world.keys) ASSERT_TRUE(writer.build_key(key).ok());
  ASSERT_TRUE(writer.publish(world.revision).ok());
}

}  // namespace keyfence
