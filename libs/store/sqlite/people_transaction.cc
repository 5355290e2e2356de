#include "libs/store/sqlite/transaction.h"

namespace keyfence::sqlite {
namespace {

std::optional<std::span<const std::uint8_t>> bytes_of(const std::optional<TotpSecret>& secret) {
  if (!secret) return std::nullopt;
  return std::span<const std::uint8_t>(secret->bytes);
}

}  // namespace

StoreResult<void> SqliteTransaction::insert_person(const PersonRow& row) {
  return write([&] {
    naming_duplicates(
        [&] {
          writes_->people.insert_person.execute(row.id, row.login, row.name, row.password.encoded, row.reach,
                                                bytes_of(row.totp), bytes_of(row.totp_pending), row.totp_step,
                                                row.created_at, row.last_sign_in_at);
        },
        [&] { return "a person with the login " + row.login + " exists already"; });
  });
}

StoreResult<void> SqliteTransaction::update_person(const PersonRow& row) {
  return write([&] {
    const std::int64_t changed =
        writes_->people.update_person.execute(row.name, row.password.encoded, row.reach, bytes_of(row.totp),
                                              bytes_of(row.totp_pending), row.totp_step, row.last_sign_in_at, row.id);
    if (changed == 0) fail_not_found("there is no person " + row.id.text());
  });
}

StoreResult<void> SqliteTransaction::delete_person(PersonId id) {
  return write([&] {
    if (writes_->people.delete_person.execute(id) == 0) fail_not_found("there is no person " + id.text());
  });
}

StoreResult<void> SqliteTransaction::put_membership(const MembershipRow& row) {
  return write([&] {
    static_cast<void>(reads_->account(row.account));
    static_cast<void>(reads_->people.person(row.person));
    writes_->people.put_membership.execute(row.account, row.person, row.role, row.joined_at);
  });
}

StoreResult<void> SqliteTransaction::delete_membership(AccountId account, PersonId person) {
  return write([&] {
    if (writes_->people.delete_membership.execute(account, person) == 0) {
      fail_not_found(person.text() + " is no member of " + account.text());
    }
  });
}

StoreResult<void> SqliteTransaction::insert_invitation(const InvitationRow& row) {
  return write([&] {
    static_cast<void>(reads_->account(row.account));
    writes_->people.insert_invitation.execute(row.id, row.account, row.login, row.role, row.digest, row.invited_by,
                                              row.created_at, row.expires_at);
  });
}

StoreResult<void> SqliteTransaction::delete_invitation(InvitationId id) {
  return write([&] {
    if (writes_->people.delete_invitation.execute(id) == 0) fail_not_found("there is no invitation " + id.text());
  });
}

StoreResult<void> SqliteTransaction::insert_session(const SessionRow& row) {
  return write([&] {
    static_cast<void>(reads_->people.person(row.person));
    writes_->people.insert_session.execute(row.id, row.digest, row.person, row.stage, row.created_at, row.last_seen_at,
                                           row.confirmed_at, row.address, row.user_agent);
  });
}

StoreResult<void> SqliteTransaction::update_session(const SessionRow& row) {
  return write([&] {
    if (writes_->people.update_session.execute(row.last_seen_at, row.confirmed_at, row.id) == 0) {
      fail_not_found("there is no session " + row.id.text());
    }
  });
}

StoreResult<void> SqliteTransaction::touch_session(SessionId id, Timestamp seen_at) {
  return write([&] {
    if (writes_->people.touch_session.execute(seen_at, id) == 0) fail_not_found("there is no session " + id.text());
  });
}

StoreResult<void> SqliteTransaction::delete_session(SessionId id) {
  return write([&] {
    if (writes_->people.delete_session.execute(id) == 0) fail_not_found("there is no session " + id.text());
  });
}

StoreResult<void> SqliteTransaction::delete_sessions(PersonId person, std::optional<SessionId> except) {
  return write([&] { writes_->people.delete_sessions.execute(person, except); });
}

StoreResult<void> SqliteTransaction::replace_recovery_codes(PersonId person, std::span<const KeyDigest> codes) {
  return write([&] {
    static_cast<void>(reads_->people.person(person));
    writes_->people.delete_recovery_codes.execute(person);
    for (const KeyDigest& code : codes) writes_->people.insert_recovery_code.execute(person, code);
  });
}

StoreResult<void> SqliteTransaction::spend_recovery_code(PersonId person, const KeyDigest& code) {
  return write([&] {
    if (writes_->people.delete_recovery_code.execute(person, code) == 0) fail_not_found("there is no such code");
  });
}

StoreResult<void> SqliteTransaction::put_device(PersonId person, const KeyDigest& device, Timestamp seen_at) {
  return write([&] {
    static_cast<void>(reads_->people.person(person));
    writes_->people.put_device.execute(person, device, seen_at);
  });
}

StoreResult<void> SqliteTransaction::touch_token(TokenId id, Timestamp used_at) {
  touched_hot_rows_ = true;
  return write([&] {
    if (writes_->people.touch_token.execute(used_at, id) == 0) fail_not_found("there is no token " + id.text());
  });
}

StoreResult<void> SqliteTransaction::delete_outdated(const Outdated& outdated) {
  return write([&] {
    PeopleWrites& people = writes_->people;
    people.delete_old_sessions.execute(outdated.sessions_begun_before, outdated.sessions_idle_since);
    people.delete_old_second_factors.execute(outdated.second_factors_begun_before);
    people.delete_old_invitations.execute(outdated.invitations_expired_before);
    people.delete_old_devices.execute(outdated.devices_idle_since);
  });
}

}  // namespace keyfence::sqlite
