// The part of the contract about people: memberships, invitations, sessions, and what they sign in with.
#include <gmock/gmock.h>

#include "libs/store/testing/control_store_contract.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = StoreError::Code;

constexpr Timestamp kEarly{1'000'000};
constexpr Timestamp kLate{9'000'000};

TEST_P(ControlStoreContract, PeopleAreReadBackAsTheyWereWritten) {
  PersonRow row = new_person("ada");
  row.totp = TotpSecret{{1, 2, 3}};
  row.totp_step = 7;
  change([&](Transaction& t) { return t.insert_person(row); });
  row.name = "Ada L.";
  row.password.encoded = "other";
  row.reach = Reach::kInstance;
  row.totp_pending = TotpSecret{{9}};
  row.last_sign_in_at = kLate;
  change([&](Transaction& t) { return t.update_person(row); });
  reopen();
  const PersonRow read = store().person(row.id).value();
  EXPECT_EQ(read.login, "ada");
  EXPECT_EQ(read.name, row.name);
  EXPECT_EQ(read.password.encoded, "other");
  EXPECT_TRUE(read.is_operator());
  EXPECT_EQ(read.totp, row.totp);
  EXPECT_EQ(read.totp_pending, row.totp_pending);
  EXPECT_EQ(read.totp_step, 7U);
  EXPECT_EQ(read.last_sign_in_at, kLate);
  EXPECT_EQ(store().person_by_login("ada").value()->id, row.id);
  EXPECT_FALSE(store().person_by_login("Ada").value().has_value());
  EXPECT_EQ(store().operator_count().value(), 1U);
  ASSERT_THAT(store().operators({}).value(), SizeIs(1));
  EXPECT_EQ(store().operators({}).value().front().login, "ada");
  EXPECT_THAT(store().operators({row.id.value(), 10}).value(), IsEmpty());
  EXPECT_EQ(store().person(PersonId(4)).error().code, Code::kNotFound);
}

TEST_P(ControlStoreContract, ATouchedSessionKeepsWhenItWasConfirmedAndUsesNeverGoBack) {
  const PersonRow ada = new_person("ada");
  SessionRow session = new_session(ada.id);
  const TokenRow token = new_token("ci");
  change([&](Transaction& t) -> StoreResult<void> {
    if (auto made = t.insert_person(ada); !made) return made;
    if (auto made = t.insert_token(token); !made) return made;
    return t.insert_session(session);
  });
  const Timestamp confirmed{session.confirmed_at.micros + 50};
  const Timestamp seen{session.last_seen_at.micros + 100};
  session.confirmed_at = confirmed;
  change([&](Transaction& t) { return t.update_session(session); });
  for (const Timestamp at : {seen, Timestamp{seen.micros - 1}}) {
    change([&](Transaction& t) -> StoreResult<void> {
      if (auto touched = t.touch_token(token.id, at); !touched) return touched;
      return t.touch_session(session.id, at);
    });
    EXPECT_EQ(store().session_by_digest(session.digest).value()->last_seen_at, seen);
    EXPECT_EQ(store().session_by_digest(session.digest).value()->confirmed_at, confirmed);
    EXPECT_EQ(store().token(token.id)->last_used_at, seen);
  }
  const auto unknown = store().transact([](Transaction& t) { return t.touch_session(SessionId(4), {1}); });
  EXPECT_EQ(unknown.error().code, Code::kNotFound);
}

TEST_P(ControlStoreContract, TokensAreReadOneByOneAndByAccount) {
  const AccountRow acme = add_account("acme");
  const AccountRow other = add_account("other");
  std::vector<TokenRow> made;
  for (const std::optional<AccountId>& account :
       {std::optional(acme.id), std::optional(other.id), std::optional<AccountId>(), std::optional(acme.id)}) {
    TokenRow row = new_token("a token");
    row.account = account;
    if (account) row.role = Role::kViewer;
    change([&](Transaction& t) { return t.insert_token(row); });
    made.push_back(row);
  }
  EXPECT_EQ(store().token(made[2].id)->digest, made[2].digest);
  EXPECT_EQ(store().token(TokenId(4)).error().code, Code::kNotFound);
  const auto of_acme = store().tokens_of_account(acme.id, {}).value();
  ASSERT_THAT(of_acme, SizeIs(2));
  EXPECT_EQ(of_acme[0].id, made[0].id);
  EXPECT_THAT(store().tokens_of_account(acme.id, {made[0].id.value(), 10}).value(), SizeIs(1));
  EXPECT_THAT(store().tokens_of_account(acme.id, {0, 1}).value(), SizeIs(1));
}

TEST_P(ControlStoreContract, PeopleTakeNoRevisionAndLoginsAreUnique) {
  const PersonRow ada = new_person("ada");
  const Committed committed = change([&](Transaction& t) {
    t.audit_line(new_audit_line("person.create", ada.id.text()));
    return t.insert_person(ada);
  });
  EXPECT_FALSE(committed.policy_changed);
  EXPECT_THAT(store().audit({}, {}).value(), SizeIs(1));
  const auto again = store().transact([&](Transaction& t) { return t.insert_person(new_person("ada")); });
  EXPECT_EQ(again.error().code, Code::kDuplicate);
  EXPECT_EQ(again.error().message, "a person with the login ada exists already");
}

TEST_P(ControlStoreContract, MembersAreListedWithTheirPersonAndOwnersCounted) {
  const AccountRow acme = add_account("acme");
  const AccountRow other = add_account("other");
  const PersonRow ada = new_person("ada");
  const PersonRow bob = new_person("bob");
  change([&](Transaction& t) -> StoreResult<void> {
    EXPECT_TRUE(t.insert_person(ada).ok());
    EXPECT_TRUE(t.insert_person(bob).ok());
    EXPECT_TRUE(t.put_membership({acme.id, ada.id, Role::kOwner, kEarly}).ok());
    EXPECT_TRUE(t.put_membership({acme.id, bob.id, Role::kViewer, kEarly}).ok());
    return t.put_membership({other.id, ada.id, Role::kAdmin, kEarly});
  });
  EXPECT_EQ(store().owner_count(acme.id).value(), 1U);
  EXPECT_EQ(store().owner_count(other.id).value(), 0U);
  EXPECT_THAT(store().memberships(ada.id).value(), SizeIs(2));
  const std::vector<MemberRow> first = store().members(acme.id, {0, 1}).value();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].login, "ada");
  EXPECT_EQ(store().members(acme.id, {first[0].membership.person.value(), 9}).value().at(0).login, "bob");
  change([&](Transaction& t) { return t.put_membership({acme.id, bob.id, Role::kOwner, kLate}); });
  const MemberRow promoted = store().member(acme.id, bob.id).value().value();
  EXPECT_EQ(promoted.membership.role, Role::kOwner);
  EXPECT_EQ(promoted.membership.joined_at, kEarly);
  change([&](Transaction& t) { return t.delete_membership(acme.id, bob.id); });
  EXPECT_FALSE(store().member(acme.id, bob.id).value().has_value());
  const auto twice = store().transact([&](Transaction& t) { return t.delete_membership(acme.id, bob.id); });
  EXPECT_EQ(twice.error().code, Code::kNotFound);
}

TEST_P(ControlStoreContract, AnAccountTakesThoseAlongWhoAreMembersOfNothingElse) {
  const AccountRow acme = add_account("acme");
  const AccountRow other = add_account("other");
  const PersonRow only_acme = new_person("only");
  const PersonRow both = new_person("both");
  PersonRow boss = new_person("boss");
  boss.reach = Reach::kInstance;
  change([&](Transaction& t) -> StoreResult<void> {
    for (const PersonRow& row : {only_acme, both, boss}) {
      EXPECT_TRUE(t.insert_person(row).ok());
      EXPECT_TRUE(t.put_membership({acme.id, row.id, Role::kOwner, kEarly}).ok());
    }
    EXPECT_TRUE(t.insert_invitation(new_invitation(acme.id, "new")).ok());
    return t.put_membership({other.id, both.id, Role::kViewer, kEarly});
  });
  change([&](Transaction& t) { return t.delete_account(acme.id); });
  EXPECT_EQ(store().person(only_acme.id).error().code, Code::kNotFound);
  EXPECT_TRUE(store().person(boss.id).ok());
  EXPECT_THAT(store().memberships(both.id).value(), SizeIs(1));
  EXPECT_THAT(store().invitations(acme.id, {}).value(), IsEmpty());
}

TEST_P(ControlStoreContract, InvitationsAreFoundByTheirTokenUntilTheyAreDeleted) {
  const AccountRow acme = add_account("acme");
  const InvitationRow row = new_invitation(acme.id, "ada");
  change([&](Transaction& t) { return t.insert_invitation(row); });
  const InvitationRow read = store().invitation_by_digest(row.digest).value().value();
  EXPECT_EQ(read.id, row.id);
  EXPECT_EQ(read.account, acme.id);
  EXPECT_EQ(read.login, "ada");
  EXPECT_EQ(read.role, Role::kAdmin);
  EXPECT_EQ(read.expires_at, row.expires_at);
  EXPECT_THAT(store().invitations(acme.id, {}).value(), SizeIs(1));
  change([&](Transaction& t) { return t.delete_invitation(row.id); });
  EXPECT_FALSE(store().invitation_by_digest(row.digest).value().has_value());
}

TEST_P(ControlStoreContract, SessionsEndOneByOneAllButOneAndWithTheirPerson) {
  const PersonRow ada = new_person("ada");
  SessionRow first = new_session(ada.id);
  const SessionRow second = new_session(ada.id);
  const SessionRow third = new_session(ada.id);
  change([&](Transaction& t) -> StoreResult<void> {
    EXPECT_TRUE(t.insert_person(ada).ok());
    for (const SessionRow& row : {first, second, third}) EXPECT_TRUE(t.insert_session(row).ok());
    return {};
  });
  first.last_seen_at = kLate;
  first.confirmed_at = kEarly;
  change([&](Transaction& t) { return t.update_session(first); });
  const SessionRow read = store().session_by_digest(first.digest).value().value();
  EXPECT_EQ(read.last_seen_at, kLate);
  EXPECT_EQ(read.confirmed_at, kEarly);
  EXPECT_EQ(read.stage, SessionStage::kSignedIn);
  EXPECT_EQ(read.user_agent, "a browser");
  EXPECT_EQ(store().sessions(ada.id).value().front().id, third.id);
  change([&](Transaction& t) { return t.delete_session(second.id); });
  EXPECT_THAT(store().sessions(ada.id).value(), SizeIs(2));
  change([&](Transaction& t) { return t.delete_sessions(ada.id, first.id); });
  EXPECT_THAT(store().sessions(ada.id).value(), SizeIs(1));
  change([&](Transaction& t) { return t.delete_person(ada.id); });
  EXPECT_FALSE(store().session_by_digest(first.digest).value().has_value());
}

TEST_P(ControlStoreContract, RecoveryCodesAreSpentOnce) {
  const PersonRow ada = new_person("ada");
  const std::vector<KeyDigest> codes = {new_digest(), new_digest()};
  change([&](Transaction& t) -> StoreResult<void> {
    EXPECT_TRUE(t.insert_person(ada).ok());
    return t.replace_recovery_codes(ada.id, codes);
  });
  EXPECT_EQ(store().recovery_code_count(ada.id).value(), 2U);
  change([&](Transaction& t) { return t.spend_recovery_code(ada.id, codes[0]); });
  const auto again = store().transact([&](Transaction& t) { return t.spend_recovery_code(ada.id, codes[0]); });
  EXPECT_EQ(again.error().code, Code::kNotFound);
  EXPECT_EQ(store().recovery_code_count(ada.id).value(), 1U);
  change([&](Transaction& t) { return t.replace_recovery_codes(ada.id, {}); });
  EXPECT_EQ(store().recovery_code_count(ada.id).value(), 0U);
}

TEST_P(ControlStoreContract, WhatIsOutdatedGoesAndNothingElse) {
  const AccountRow acme = add_account("acme");
  const PersonRow ada = new_person("ada");
  const KeyDigest old_device = new_digest();
  const KeyDigest device = new_digest();
  SessionRow old_session = new_session(ada.id);
  old_session.last_seen_at = kEarly;
  SessionRow half = new_session(ada.id);
  half.stage = SessionStage::kAwaitsSecondFactor;
  half.created_at = kEarly;
  const SessionRow good = new_session(ada.id);
  InvitationRow expired = new_invitation(acme.id, "x");
  expired.expires_at = kEarly;
  change([&](Transaction& t) -> StoreResult<void> {
    EXPECT_TRUE(t.insert_person(ada).ok());
    for (const SessionRow& row : {old_session, half, good}) EXPECT_TRUE(t.insert_session(row).ok());
    EXPECT_TRUE(t.insert_invitation(expired).ok());
    EXPECT_TRUE(t.insert_invitation(new_invitation(acme.id, "y")).ok());
    EXPECT_TRUE(t.put_device(ada.id, old_device, kEarly).ok());
    EXPECT_TRUE(t.put_device(ada.id, device, kEarly).ok());
    return t.put_device(ada.id, device, kLate);
  });
  change([&](Transaction& t) { return t.delete_outdated({{0}, kLate, kLate, kLate, kLate}); });
  const std::vector<SessionRow> left = store().sessions(ada.id).value();
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].id, good.id);
  EXPECT_THAT(store().invitations(acme.id, {}).value(), SizeIs(1));
  EXPECT_FALSE(store().knows_device(ada.id, old_device).value());
  EXPECT_TRUE(store().knows_device(ada.id, device).value());
}

TEST_P(ControlStoreContract, TokensKeepTheirAddressesAndTheirLastUse) {
  TokenRow token = new_token("deploy");
  token.addresses = {new_entry("192.0.2.0/24").range, new_entry("2001:db8::1-2001:db8::9").range};
  change([&](Transaction& t) { return t.insert_token(token); });
  EXPECT_EQ(store().token_by_digest(token.digest).value()->addresses, token.addresses);
  EXPECT_EQ(store().token_by_digest(token.digest).value()->last_used_at, std::nullopt);
  change([&](Transaction& t) { return t.touch_token(token.id, kLate); });
  token.name = "renamed";
  change([&](Transaction& t) { return t.update_token(token); });
  const TokenRow read = store().tokens({}).value().at(0);
  EXPECT_EQ(read.last_used_at, kLate) << "an update does not forget it";
  EXPECT_EQ(read.addresses, token.addresses);
}

TEST_P(ControlStoreContract, DeletedAccountsAreFoundWhenTheirGraceHasEnded) {
  AccountRow acme = add_account("acme");
  acme.state = AccountState::kSuspended;
  acme.deletion = AccountDeletion{kEarly, kLate, AccountState::kActive};
  const Committed deleted = change([&](Transaction& t) { return t.update_account(acme); });
  EXPECT_TRUE(deleted.policy_changed);
  EXPECT_THAT(store().accounts_to_purge({kLate.micros - 1}).value(), IsEmpty());
  EXPECT_THAT(store().accounts_to_purge(kLate).value(), SizeIs(1));
  const AccountRow read = store().account(acme.id).value();
  ASSERT_TRUE(read.deletion.has_value());
  EXPECT_EQ(read.deletion->deleted_at, kEarly);
  EXPECT_EQ(read.deletion->state_before, AccountState::kActive);
  acme.deletion.reset();
  change([&](Transaction& t) { return t.update_account(acme); });
  EXPECT_FALSE(store().account(acme.id)->deletion.has_value());
}

}  // namespace
}  // namespace keyfence::testing
