#pragma once

#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {

// The statements that write people and what is theirs, prepared once.
struct PeopleWrites {
  explicit PeopleWrites(Connection& connection);

  Statement insert_person, update_person, delete_person, delete_people_of_account;
  Statement put_membership, delete_membership;
  Statement insert_invitation, delete_invitation;
  Statement insert_session, update_session, delete_session, delete_sessions;
  Statement insert_recovery_code, delete_recovery_code, delete_recovery_codes;
  Statement put_device;
  Statement touch_token, touch_session;
  Statement delete_old_sessions, delete_old_second_factors, delete_old_invitations, delete_old_devices;
};

}  // namespace keyfence::sqlite
