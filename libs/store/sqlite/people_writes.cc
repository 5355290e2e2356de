#include "libs/store/sqlite/people_writes.h"

namespace keyfence::sqlite {

PeopleWrites::PeopleWrites(Connection& connection)
    : insert_person(connection,
                    "INSERT INTO people (id, login, name, password, reach, totp, totp_pending, totp_step, created_at,"
                    " last_sign_in_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_person(connection,
                    "UPDATE people SET name = ?, password = ?, reach = ?, totp = ?, totp_pending = ?, totp_step = ?,"
                    " last_sign_in_at = ? WHERE id = ?"),
      delete_person(connection, "DELETE FROM people WHERE id = ?"),
      // Those who are members of nothing else.
      delete_people_of_account(connection,
                               "DELETE FROM people WHERE reach = 0"
                               " AND id IN (SELECT person FROM memberships WHERE account = ?1)"
                               " AND NOT EXISTS (SELECT 1 FROM memberships AS m"
                               " WHERE m.person = people.id AND m.account <> ?1)"),
      put_membership(connection,
                     "INSERT INTO memberships (account, person, role, joined_at) VALUES (?, ?, ?, ?)"
                     " ON CONFLICT (account, person) DO UPDATE SET role = excluded.role"),
      delete_membership(connection, "DELETE FROM memberships WHERE account = ? AND person = ?"),
      insert_invitation(connection,
                        "INSERT INTO invitations (id, account, login, role, digest, invited_by, created_at, expires_at)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      delete_invitation(connection, "DELETE FROM invitations WHERE id = ?"),
      insert_session(connection,
                     "INSERT INTO sessions (id, digest, person, stage, created_at, last_seen_at, confirmed_at, address,"
                     " user_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_session(connection, "UPDATE sessions SET last_seen_at = ?, confirmed_at = ? WHERE id = ?"),
      delete_session(connection, "DELETE FROM sessions WHERE id = ?"),
      delete_sessions(connection, "DELETE FROM sessions WHERE person = ? AND id IS NOT ?"),
      insert_recovery_code(connection, "INSERT INTO recovery_codes (person, digest) VALUES (?, ?)"),
      delete_recovery_code(connection, "DELETE FROM recovery_codes WHERE person = ? AND digest = ?"),
      delete_recovery_codes(connection, "DELETE FROM recovery_codes WHERE person = ?"),
      put_device(connection,
                 "INSERT INTO devices (person, digest, seen_at) VALUES (?, ?, ?)"
                 " ON CONFLICT (person, digest) DO UPDATE SET seen_at = excluded.seen_at"),
      touch_token(connection, "UPDATE tokens SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?"),
      touch_session(connection, "UPDATE sessions SET last_seen_at = max(last_seen_at, ?) WHERE id = ?"),
      delete_old_sessions(connection, "DELETE FROM sessions WHERE created_at < ? OR last_seen_at < ?"),
      delete_old_second_factors(connection, "DELETE FROM sessions WHERE stage = 0 AND created_at < ?"),
      delete_old_invitations(connection, "DELETE FROM invitations WHERE expires_at < ?"),
      delete_old_devices(connection, "DELETE FROM devices WHERE seen_at < ?") {}

}  // namespace keyfence::sqlite
