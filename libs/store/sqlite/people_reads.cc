#include "libs/store/sqlite/people_reads.h"

#include <algorithm>

#include "libs/store/sqlite/reads.h"
#include "libs/store/sqlite/row_sets.h"

namespace keyfence::sqlite {
namespace {

std::optional<TotpSecret> totp_of(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  const std::span<const std::uint8_t> bytes = rows.blob(column);
  TotpSecret secret;
  if (bytes.size() != secret.bytes.size()) fail_corrupt("an authenticator's secret is malformed");
  std::copy(bytes.begin(), bytes.end(), secret.bytes.begin());
  return secret;
}

PersonRow person_of(const Rows& rows) {
  PersonRow row;
  row.id = PersonId(rows.id(0));
  row.login = rows.text(1);
  row.name = rows.text(2);
  row.password.encoded = rows.text(3);
  row.reach = rows.enumerator(4, Reach::kInstance);
  row.totp = totp_of(rows, 5);
  row.totp_pending = totp_of(rows, 6);
  row.totp_step = rows.id(7);
  row.created_at = rows.timestamp(8);
  row.last_sign_in_at = rows.optional_timestamp(9);
  return row;
}

MembershipRow membership_of(const Rows& rows) {
  MembershipRow row;
  row.account = AccountId(rows.id(0));
  row.person = PersonId(rows.id(1));
  row.role = rows.enumerator(2, Role::kOwner);
  row.joined_at = rows.timestamp(3);
  return row;
}

MemberRow member_of(const Rows& rows) {
  MemberRow row;
  row.membership = membership_of(rows);
  row.login = rows.text(4);
  row.name = rows.text(5);
  row.last_sign_in_at = rows.optional_timestamp(6);
  row.totp_enabled = rows.integer(7) != 0;
  return row;
}

InvitationRow invitation_of(const Rows& rows) {
  InvitationRow row;
  row.id = InvitationId(rows.id(0));
  row.account = AccountId(rows.id(1));
  row.login = rows.text(2);
  row.role = rows.enumerator(3, Role::kOwner);
  row.digest = rows.digest(4);
  row.invited_by = rows.text(5);
  row.created_at = rows.timestamp(6);
  row.expires_at = rows.timestamp(7);
  return row;
}

SessionRow session_of(const Rows& rows) {
  SessionRow row;
  row.id = SessionId(rows.id(0));
  row.digest = rows.digest(1);
  row.person = PersonId(rows.id(2));
  row.stage = rows.enumerator(3, SessionStage::kSignedIn);
  row.created_at = rows.timestamp(4);
  row.last_seen_at = rows.timestamp(5);
  row.confirmed_at = rows.timestamp(6);
  row.address = rows.text(7);
  row.user_agent = rows.text(8);
  return row;
}

}  // namespace

PeopleReads::PeopleReads(Connection& connection)
    : person_(connection,
              "SELECT id, login, name, password, reach, totp, totp_pending, totp_step, created_at, last_sign_in_at"
              " FROM people WHERE id = ?"),
      person_by_login_(connection,
                       "SELECT id, login, name, password, reach, totp, totp_pending, totp_step, created_at,"
                       " last_sign_in_at FROM people WHERE login = ?"),
      operator_count_(connection, "SELECT count(*) FROM people WHERE reach = 1"),
      operators_(connection,
                 "SELECT id, login, name, password, reach, totp, totp_pending, totp_step, created_at, last_sign_in_at"
                 " FROM people WHERE reach = 1 AND id > ? ORDER BY id LIMIT ?"),
      memberships_(connection,
                   "SELECT account, person, role, joined_at FROM memberships WHERE person = ? ORDER BY account"),
      member_(connection,
              "SELECT m.account, m.person, m.role, m.joined_at, p.login, p.name, p.last_sign_in_at,"
              " p.totp IS NOT NULL FROM memberships AS m JOIN people AS p ON p.id = m.person"
              " WHERE m.account = ? AND m.person = ?"),
      members_(connection,
               "SELECT m.account, m.person, m.role, m.joined_at, p.login, p.name, p.last_sign_in_at,"
               " p.totp IS NOT NULL FROM memberships AS m JOIN people AS p ON p.id = m.person"
               " WHERE m.account = ? AND m.person > ? ORDER BY m.person LIMIT ?"),
      owner_count_(connection, "SELECT count(*) FROM memberships WHERE account = ? AND role = 2"),
      invitation_by_digest_(connection,
                            "SELECT id, account, login, role, digest, invited_by, created_at, expires_at"
                            " FROM invitations WHERE digest = ?"),
      invitations_(connection,
                   "SELECT id, account, login, role, digest, invited_by, created_at, expires_at FROM invitations"
                   " WHERE account = ? AND id > ? ORDER BY id LIMIT ?"),
      session_by_digest_(connection,
                         "SELECT id, digest, person, stage, created_at, last_seen_at, confirmed_at, address, user_agent"
                         " FROM sessions WHERE digest = ?"),
      sessions_(connection,
                "SELECT id, digest, person, stage, created_at, last_seen_at, confirmed_at, address, user_agent"
                " FROM sessions WHERE person = ? ORDER BY id DESC"),
      recovery_code_count_(connection, "SELECT count(*) FROM recovery_codes WHERE person = ?"),
      device_(connection, "SELECT 1 FROM devices WHERE person = ? AND digest = ?") {}

PersonRow PeopleReads::person(PersonId id) {
  Rows rows = person_.query(id);
  if (!rows.next()) fail_not_found("there is no person " + id.text());
  return person_of(rows);
}

std::optional<PersonRow> PeopleReads::person_by_login(std::string_view login) {
  return at_most_one(person_by_login_.query(login), person_of);
}

std::size_t PeopleReads::operator_count() {
  return count_of(operator_count_.query());
}

std::vector<PersonRow> PeopleReads::operators(PageRequest page) {
  return all(operators_.query(clamped(page.after), clamped(page.limit)), person_of);
}

std::vector<MembershipRow> PeopleReads::memberships(PersonId person) {
  return all(memberships_.query(person), membership_of);
}

std::optional<MemberRow> PeopleReads::member(AccountId account, PersonId person) {
  return at_most_one(member_.query(account, person), member_of);
}

std::vector<MemberRow> PeopleReads::members(AccountId account, PageRequest page) {
  return all(members_.query(account, clamped(page.after), clamped(page.limit)), member_of);
}

std::size_t PeopleReads::owner_count(AccountId account) {
  return count_of(owner_count_.query(account));
}

std::optional<InvitationRow> PeopleReads::invitation_by_digest(const KeyDigest& digest) {
  return at_most_one(invitation_by_digest_.query(digest), invitation_of);
}

std::vector<InvitationRow> PeopleReads::invitations(AccountId account, PageRequest page) {
  return all(invitations_.query(account, clamped(page.after), clamped(page.limit)), invitation_of);
}

std::optional<SessionRow> PeopleReads::session_by_digest(const KeyDigest& digest) {
  return at_most_one(session_by_digest_.query(digest), session_of);
}

std::vector<SessionRow> PeopleReads::sessions(PersonId person) {
  return all(sessions_.query(person), session_of);
}

std::size_t PeopleReads::recovery_code_count(PersonId person) {
  return count_of(recovery_code_count_.query(person));
}

bool PeopleReads::knows_device(PersonId person, const KeyDigest& device) {
  return device_.query(person, device).next();
}

}  // namespace keyfence::sqlite
