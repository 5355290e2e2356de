// decide() asked for its order and its negative space. The combinations themselves are data: tests/decisions.
#include "libs/policy/decide.h"

#include <gtest/gtest.h>

#include <functional>

#include "libs/policy/slow_policy.h"

namespace keyfence {
namespace {

constexpr UnixSeconds kNow{1'800'000'000};
constexpr std::string_view kSecret = "an imported key";
const IpAddress kInside = IpAddress::v4(0xC0000201);   // 192.0.2.1
const IpAddress kOutside = IpAddress::v4(0xCB007101);  // 203.0.113.1

Allowlist list_of(IpAddress address) {
  Allowlist list;
  list.entries.push_back({EntryId(1), IpRange::single(address), EntryState::kEnabled, std::nullopt});
  return list;
}

// A policy of one key and a request, in which everything that can be wrong is wrong until it is mended.
struct World {
  std::optional<Revision> revision;  // nullopt: no policy
  InstancePolicy instance{ErrorStyle::kEnvelope, list_of(kOutside)};
  AccountPolicy account{AccountId(2), AccountState::kSuspended, std::nullopt, list_of(kOutside)};
  KeyPolicy key{KeyId(3), AccountId(2), sha256("another key"), KeyState::kDisabled, kNow, {}, list_of(kOutside)};
  PresentedKey credential;
  std::optional<IpAddress> address;
  std::vector<ScopeTag> required{scope_tag("messages:read")};

  [[nodiscard]] Decision decide() const {
    if (!revision) return {};
    const SlowPolicy policy(*revision, instance, {account}, {key});
    return keyfence::decide(policy, {credential, address, required, kNow});
  }
};

struct Step {
  Reason reason;  // while this and all after it are wrong
  Layer layer;
  std::function<void(World&)> mend;  // then this is put right
};

const std::vector<Step>& steps() {
  static const std::vector<Step> all = {
      {Reason::kNoPolicy, Layer::kNone, [](World& w) { w.revision = Revision{7}; }},
      {Reason::kKeyMissing, Layer::kNone, [](World& w) { w.credential.state = CredentialState::kMalformed; }},
      {Reason::kKeyMalformed, Layer::kNone,
       [](World& w) {
         w.credential = {CredentialState::kPresent, sha256(kSecret)};
       }},
      {Reason::kKeyUnknown, Layer::kNone, [](World& w) { w.key.digest = sha256(kSecret); }},
      {Reason::kKeyDisabled, Layer::kNone, [](World& w) { w.account.state = AccountState::kActive; }},
      {Reason::kKeyDisabled, Layer::kNone, [](World& w) { w.key.state = KeyState::kRevoked; }},
      {Reason::kKeyRevoked, Layer::kNone, [](World& w) { w.key.state = KeyState::kActive; }},
      {Reason::kKeyExpired, Layer::kNone, [](World& w) { w.key.expires_at = std::nullopt; }},
      {Reason::kScopeMissing, Layer::kNone, [](World& w) { w.key.scopes = {"messages:read"}; }},
      {Reason::kAddressUnknown, Layer::kGlobal, [](World& w) { w.address = kInside; }},
      {Reason::kAddressDeniedGlobal, Layer::kGlobal, [](World& w) { w.instance.allowlist = list_of(kInside); }},
      {Reason::kAddressDeniedAccount, Layer::kAccount, [](World& w) { w.account.allowlist = list_of(kInside); }},
      {Reason::kAddressDeniedKey, Layer::kKey, [](World& w) { w.key.allowlist = list_of(kInside); }},
  };
  return all;
}

TEST(Decide, GivesTheFirstReasonThatApplies) {
  World world;
  for (const Step& step : steps()) {
    const Decision decision = world.decide();
    EXPECT_EQ(name(decision.reason), name(step.reason));
    EXPECT_EQ(name(decision.layer), name(step.layer));
    EXPECT_EQ(decision.outcome, Outcome::kDeny);
    step.mend(world);
  }
  EXPECT_EQ(world.decide().reason, Reason::kAllowed);
  EXPECT_EQ(world.decide().outcome, Outcome::kAllow);
}

// Mends every subset of what is wrong: the reason is always that of the first step left wrong. The two steps of
// key_disabled and key_revoked set one field and are mended together.
TEST(Decide, GivesTheFirstReasonThatAppliesForEveryCombination) {
  const std::size_t count = steps().size();
  std::size_t tried = 0;
  for (std::uint32_t mended = 0; mended < (1U << count); ++mended) {
    const auto is_mended = [mended](std::size_t i) { return (mended >> i & 1U) != 0; };
    // What stands on an earlier step's mending: the credential twice, the key's state twice.
    if (is_mended(2) && !is_mended(1)) continue;
    if (is_mended(6) && !is_mended(5)) continue;
    World world;
    Reason expected = Reason::kAllowed;
    for (std::size_t i = 0; i < count; ++i) {
      if (is_mended(i)) {
        steps()[i].mend(world);
      } else if (expected == Reason::kAllowed) {
        expected = steps()[i].reason;
      }
    }
    // A key that is known only after step 3 shows its own faults only then; the order already says so.
    const Decision decision = world.decide();
    ASSERT_EQ(name(decision.reason), name(expected)) << "mended: " << mended;
    ASSERT_EQ(decision.outcome == Outcome::kAllow, mended + 1 == (1U << count)) << "mended: " << mended;
    ++tried;
  }
  EXPECT_EQ(tried, (1U << count) * 9 / 16);
}

World sound_world() {
  World world;
  for (const Step& step : steps()) step.mend(world);
  return world;
}

TEST(Decide, SaysWhoseKeyItWasOnceItIsKnown) {
  World world = sound_world();
  world.account.error_style = ErrorStyle::kFlat;
  for (const auto state : {KeyState::kActive, KeyState::kDisabled, KeyState::kRevoked}) {
    world.key.state = state;
    const Decision decision = world.decide();
    EXPECT_EQ(decision.key, KeyId(3));
    EXPECT_EQ(decision.account, AccountId(2));
    EXPECT_EQ(decision.error_style, ErrorStyle::kFlat);
    EXPECT_EQ(decision.revision, Revision{7});
  }
  world.credential.digest = sha256("no such key");
  EXPECT_EQ(world.decide().key, KeyId());
  EXPECT_EQ(world.decide().account, AccountId());
  EXPECT_EQ(world.decide().error_style, ErrorStyle::kEnvelope);
}

TEST(Decide, KeyIsUsableUntilTheSecondAtWhichItExpires) {
  World world = sound_world();
  world.key.expires_at = UnixSeconds{kNow.value + 1};
  EXPECT_EQ(world.decide().reason, Reason::kAllowed);
  world.key.expires_at = kNow;
  EXPECT_EQ(world.decide().reason, Reason::kKeyExpired);
  world.key.expires_at = UnixSeconds{0};
  EXPECT_EQ(world.decide().reason, Reason::kKeyExpired);
}

TEST(Decide, EntryIsUsableUntilTheSecondAtWhichItExpires) {
  World world = sound_world();
  world.key.allowlist.when_empty = WhenEmpty::kAllow;
  PolicyEntry& entry = world.key.allowlist.entries[0];
  entry.expires_at = UnixSeconds{kNow.value + 1};
  EXPECT_EQ(world.decide().reason, Reason::kAllowed);
  entry.expires_at = kNow;
  EXPECT_EQ(world.decide().reason, Reason::kAddressDeniedKey);
  entry.expires_at = UnixSeconds{kNow.value - 1};
  EXPECT_EQ(world.decide().reason, Reason::kAddressDeniedKey);
}

TEST(Decide, KeyWhoseAccountIsNotThereIsDisabled) {
  World world = sound_world();
  world.key.account = AccountId(99);
  EXPECT_EQ(world.decide().reason, Reason::kKeyDisabled);
}

// A source that answers whatever a test puts in: what a damaged image could say.
struct StubSource {
  using KeyRef = const int*;
  KeyFacts stub_facts;
  ListVerdict verdict;

  static constexpr int kKey = 1;
  [[nodiscard]] Revision revision() const noexcept { return Revision{1}; }
  [[nodiscard]] ErrorStyle instance_error_style() const noexcept { return ErrorStyle::kEnvelope; }
  [[nodiscard]] KeyRef find_key(const KeyDigest&) const noexcept { return &kKey; }
  [[nodiscard]] KeyFacts facts(KeyRef) const noexcept { return stub_facts; }
  [[nodiscard]] bool has_scopes(KeyRef, std::span<const ScopeTag>) const noexcept { return true; }
  [[nodiscard]] ListVerdict global_verdict(const std::optional<IpAddress>&, UnixSeconds) const noexcept {
    return verdict;
  }
  [[nodiscard]] ListVerdict account_verdict(KeyRef, const std::optional<IpAddress>&, UnixSeconds) const noexcept {
    return verdict;
  }
  [[nodiscard]] ListVerdict key_verdict(KeyRef, const std::optional<IpAddress>&, UnixSeconds) const noexcept {
    return verdict;
  }
};

struct StubAnswer {
  StubSource source;
  CredentialState credential = CredentialState::kPresent;

  [[nodiscard]] Outcome outcome() const {
    return keyfence::decide(source, {{credential, {}}, kInside, {}, kNow}).outcome;
  }
};

StubAnswer allowing_stub() {
  StubAnswer answer;
  answer.source.stub_facts.state = KeyState::kActive;
  answer.source.stub_facts.account_state = AccountState::kActive;
  answer.source.verdict.admits = true;
  return answer;
}

TEST(Decide, ValuesThatNobodyDefinedNeverAllow) {
  ASSERT_EQ(allowing_stub().outcome(), Outcome::kAllow);
  for (int raw = 0; raw < 256; ++raw) {
    const auto byte = static_cast<std::uint8_t>(raw);
    StubAnswer answer = allowing_stub();
    answer.credential = static_cast<CredentialState>(byte);
    EXPECT_EQ(answer.outcome() == Outcome::kAllow, answer.credential == CredentialState::kPresent) << raw;

    answer = allowing_stub();
    answer.source.stub_facts.state = static_cast<KeyState>(byte);
    EXPECT_EQ(answer.outcome() == Outcome::kAllow, answer.source.stub_facts.state == KeyState::kActive) << raw;

    answer = allowing_stub();
    answer.source.stub_facts.account_state = static_cast<AccountState>(byte);
    EXPECT_EQ(answer.outcome() == Outcome::kAllow, answer.source.stub_facts.account_state == AccountState::kActive)
        << raw;

    answer = allowing_stub();
    answer.source.verdict.admits = false;
    answer.source.verdict.mode = static_cast<ListMode>(byte);
    EXPECT_EQ(answer.outcome() == Outcome::kAllow, byte == 1 || byte == 2) << raw;  // monitor and off
  }
}

TEST(Decide, WhatIsLeftAtItsDefaultDenies) {
  EXPECT_EQ(Decision{}.outcome, Outcome::kDeny);
  EXPECT_EQ(Decision{}.reason, Reason::kNoPolicy);
  EXPECT_EQ(Outcome{}, Outcome::kDeny);
  EXPECT_FALSE(ListVerdict{}.admits);
  EXPECT_EQ(ListVerdict{}.mode, ListMode::kEnforce);
  EXPECT_EQ(ListMode{}, ListMode::kEnforce);
  EXPECT_EQ(WhenEmpty{}, WhenEmpty::kDeny);
  EXPECT_EQ(EntryState{}, EntryState::kDisabled);
  EXPECT_EQ(KeyState{}, KeyState::kRevoked);
  EXPECT_EQ(AccountState{}, AccountState::kSuspended);
  EXPECT_FALSE(list_verdict(Allowlist{}, kInside, kNow).admits);
  StubAnswer answer;
  EXPECT_EQ(answer.outcome(), Outcome::kDeny);
}

}  // namespace
}  // namespace keyfence
