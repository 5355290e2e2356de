#include "libs/store/change.h"

#include <gtest/gtest.h>

#include "libs/store/packed_policy.h"
#include "libs/store/rows.h"

namespace keyfence {
namespace {

IpRange range_of(std::string_view text) {
  return parse_entry(text).value().range;
}

KeyPolicy some_key() {
  KeyPolicy key;
  key.id = KeyId(0x1234'5678'9ABC);
  key.account = AccountId(7);
  key.digest.bytes.fill(0xA5);
  key.state = KeyState::kActive;
  key.expires_at = UnixSeconds{0xFFFF'FFFF};
  key.scopes = {"messages:read", "x"};
  key.allowlist = {ListMode::kMonitor,
                   WhenEmpty::kDeny,
                   {{EntryId(1), range_of("10.0.0.1"), EntryState::kEnabled, std::nullopt},
                    {EntryId(2), range_of("10.0.0.5-10.0.0.9"), EntryState::kDisabled, UnixSeconds{5}},
                    {EntryId(3), range_of("2001:db8::1"), EntryState::kEnabled, UnixSeconds{0}},
                    {EntryId(4), range_of("fe80::/10"), EntryState::kDisabled, std::nullopt}}};
  return key;
}

PolicyChange some_change() {
  PolicyChange change;
  change.revision = {42};
  change.instance_error_style = ErrorStyle::kFlat;
  change.accounts = {{AccountId(7), AccountState::kActive, std::nullopt, {}},
                     {AccountId(8), AccountState::kSuspended, ErrorStyle::kProblem, {}}};
  change.removed_accounts = {AccountId(9)};
  change.keys = {some_key()};
  change.removed_digests = {KeyDigest{}};
  ListDelta global;
  global.ref = ListRef::global();
  global.upserted = {{EntryId(5), range_of("0.0.0.0/0"), EntryState::kEnabled, std::nullopt}};
  ListDelta account;
  account.ref = ListRef::of(AccountId(7));
  account.mode = ListMode::kOff;
  account.when_empty = WhenEmpty::kDeny;
  account.replaces_all = true;
  account.removed = {EntryId(6)};
  change.lists = {global, account};
  return change;
}

// Bodies are kept, hashed and sent to other machines: their form does not change unnoticed.
constexpr std::string_view kSmallBody =
    R"({"revision":1,"instance_error_style":null,"accounts":[{"id":"acc_0000000000007","state":"active",)"
    R"("error_style":null}],"removed_accounts":[],"keys":[],"removed_digests":[],"lists":[{"account":null,)"
    R"("mode":"enforce","when_empty":"allow","replaces_all":false,"upserted":[{"id":"ent_0000000000005",)"
    R"("range":"10.0.0.0/24","enabled":false,"expires_at":77},{"id":"ent_0000000000007","range":"10.0.1.1/32"}],)"
    R"("removed":["ent_0000000000006"]}]})";

TEST(ChangeBody, HasThisForm) {
  PolicyChange change;
  change.revision = {1};
  change.accounts = {{AccountId(7), AccountState::kActive, std::nullopt, {}}};
  ListDelta delta;
  delta.ref = ListRef::global();
  delta.upserted = {{EntryId(5), range_of("10.0.0.0/24"), EntryState::kDisabled, UnixSeconds{77}},
                    {EntryId(7), range_of("10.0.1.1/32"), EntryState::kEnabled, std::nullopt}};
  delta.removed = {EntryId(6)};
  change.lists = {delta};
  EXPECT_EQ(to_body(change), kSmallBody);
}

TEST(ChangeBody, ReadsBackToWhatWasWritten) {
  const PolicyChange change = some_change();
  const std::string body = to_body(change);
  const std::optional<PolicyChange> read = parse_body(body);
  ASSERT_TRUE(read.has_value()) << body;
  EXPECT_EQ(read->revision, change.revision);
  EXPECT_EQ(read->instance_error_style, change.instance_error_style);
  EXPECT_EQ(read->accounts, change.accounts);
  EXPECT_EQ(read->removed_accounts, change.removed_accounts);
  EXPECT_EQ(read->keys, change.keys);
  EXPECT_EQ(read->removed_digests, change.removed_digests);
  ASSERT_EQ(read->lists.size(), 2U);
  EXPECT_EQ(read->lists[1].ref, change.lists[1].ref);
  EXPECT_EQ(read->lists[1].removed, change.lists[1].removed);
  EXPECT_TRUE(read->lists[1].replaces_all);
  EXPECT_EQ(to_body(*read), body);
}

std::string with(std::string_view what, std::string_view instead) {
  std::string body(kSmallBody);
  const std::size_t at = body.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return body.replace(at, what.size(), instead);
}

TEST(ChangeBody, AnythingButTheCanonicalBodyIsRefused) {
  ASSERT_TRUE(parse_body(kSmallBody).has_value());
  const std::string bodies[] = {
      "",
      "{}",
      "[]",
      "null",
      std::string(kSmallBody) + " ",
      std::string(kSmallBody) + "{}",
      with("{\"revision\"", "{ \"revision\""),
      with("\"revision\":1", "\"revision\":-1"),
      with("\"revision\":1", "\"revision\":1.0"),
      with("\"revision\":1", "\"revision\":\"1\""),
      with("\"revision\":1", "\"revision\":01"),
      with("\"revision\":1,", ""),
      with("\"revision\":1", "\"revision\":1,\"revision\":1"),
      with("\"keys\":[]", "\"keys\":[],\"more\":0"),
      with("\"keys\":[],\"removed_digests\":[]", "\"removed_digests\":[],\"keys\":[]"),
      with("\"keys\":[]", "\"keys\":null"),
      with("\"state\":\"active\"", "\"state\":\"Active\""),
      with("\"state\":\"active\"", "\"state\":\"\\u0061ctive\""),
      with("acc_0000000000007", "acc_0000000000000"),
      with("acc_0000000000007", "key_0000000000007"),
      with("10.0.0.0/24", "10.0.0.0-10.0.0.255"),
      with("10.0.0.0/24", "10.0.0.1/24"),
      with("10.0.0.0/24", " 10.0.0.0/24"),
      with("\"expires_at\":77", "\"expires_at\":4294967296"),
      with("\"enabled\":false", "\"enabled\":0"),
      with("\"enabled\":false", "\"enabled\":true"),
      with("\"range\":\"10.0.1.1/32\"", "\"range\":\"10.0.1.1/32\",\"enabled\":true"),
      with("\"range\":\"10.0.1.1/32\"", "\"range\":\"10.0.1.1/32\",\"expires_at\":null"),
      with("\"account\":null", "\"account\":\"global\""),
  };
  for (const std::string& body : bodies) EXPECT_FALSE(parse_body(body).has_value()) << body;
  for (std::size_t length = 0; length < kSmallBody.size(); ++length) {
    EXPECT_FALSE(parse_body(kSmallBody.substr(0, length)).has_value());
  }
}

TEST(PackedRange, HasOneSpellingPerRange) {
  EXPECT_EQ(PackedRange(range_of("10.0.0.1")).bytes().size(), 4U);
  EXPECT_EQ(PackedRange(range_of("10.0.0.0/24")).bytes().size(), 8U);
  EXPECT_EQ(PackedRange(range_of("2001:db8::1")).bytes().size(), 16U);
  EXPECT_EQ(PackedRange(range_of("::/0")).bytes().size(), 32U);
  for (const char* text : {"0.0.0.0", "255.255.255.255", "0.0.0.0/0", "10.0.0.1-10.0.0.2", "::", "::/0",
                           "2001:db8::/32", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    EXPECT_EQ(unpack_range(PackedRange(range_of(text)).bytes()), range_of(text));
  }
}

TEST(PackedRange, OtherLengthsAndReversedEndsAreRefused) {
  const std::vector<std::uint8_t> bytes(40, 0);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const bool fits = size == 4 || size == 8 || size == 16 || size == 32;
    EXPECT_EQ(unpack_range(std::span(bytes).first(size)).has_value(), fits) << size;
  }
  const std::vector<std::uint8_t> reversed = {10, 0, 0, 2, 10, 0, 0, 1};
  EXPECT_FALSE(unpack_range(reversed).has_value());
}

TEST(PackedKeyPolicy, UnpacksIntoAUsedPolicy) {
  const KeyPolicy key = some_key();
  std::vector<std::uint8_t> packed;
  KeyPolicy policy;
  pack_key_policy(KeyPolicy{}, packed);
  ASSERT_TRUE(unpack_key_policy(packed, policy));
  EXPECT_EQ(policy, KeyPolicy{});
  pack_key_policy(key, packed);
  policy.id = key.id;
  ASSERT_TRUE(unpack_key_policy(packed, policy));
  EXPECT_EQ(policy, key);
  pack_key_policy(KeyPolicy{}, packed);
  policy.id = KeyId();
  ASSERT_TRUE(unpack_key_policy(packed, policy));
  EXPECT_EQ(policy, KeyPolicy{}) << "nothing of the one before is left";
}

TEST(PackedKeyPolicy, IsRefusedWhereverItIsCutOrLengthened) {
  std::vector<std::uint8_t> packed;
  pack_key_policy(some_key(), packed);
  KeyPolicy policy;
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(unpack_key_policy(std::span(packed).first(size), policy)) << size;
  }
  packed.push_back(0);
  EXPECT_FALSE(unpack_key_policy(packed, policy));
}

// A flipped byte may give another policy, but never reads past the end and never hangs.
TEST(PackedKeyPolicy, SurvivesAnyFlippedByte) {
  std::vector<std::uint8_t> packed;
  pack_key_policy(some_key(), packed);
  KeyPolicy policy;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < packed.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::vector<std::uint8_t> damaged = packed;
      damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ flip);
      if (!unpack_key_policy(damaged, policy)) ++refused;
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(Role, NamesReadBack) {
  for (const Role role : {Role::kViewer, Role::kAdmin, Role::kOwner, Role::kOperator}) {
    EXPECT_EQ(parse_role(name(role)), role);
  }
  EXPECT_FALSE(parse_role("root").has_value());
  EXPECT_FALSE(parse_role("").has_value());
}

}  // namespace
}  // namespace keyfence
