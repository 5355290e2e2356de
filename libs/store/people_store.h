#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libs/store/people_rows.h"
#include "libs/store/store_error.h"

namespace keyfence {

// The part of the control store that is about people: who they are, what they are members of, and how they sign in.
class PeopleReader {
 public:
  virtual ~PeopleReader() = default;

  [[nodiscard]] virtual StoreResult<PersonRow> person(PersonId id) = 0;
  [[nodiscard]] virtual StoreResult<std::optional<PersonRow>> person_by_login(std::string_view login) = 0;
  [[nodiscard]] virtual StoreResult<std::size_t> operator_count() = 0;
  [[nodiscard]] virtual StoreResult<std::vector<PersonRow>> operators(PageRequest page) = 0;  // in order of id

  [[nodiscard]] virtual StoreResult<std::vector<MembershipRow>> memberships(PersonId person) = 0;
  [[nodiscard]] virtual StoreResult<std::optional<MemberRow>> member(AccountId account, PersonId person) = 0;
  // In order of the person's id, which is page.after.
  [[nodiscard]] virtual StoreResult<std::vector<MemberRow>> members(AccountId account, PageRequest page) = 0;
  [[nodiscard]] virtual StoreResult<std::size_t> owner_count(AccountId account) = 0;

  [[nodiscard]] virtual StoreResult<std::optional<InvitationRow>> invitation_by_digest(const KeyDigest& digest) = 0;
  [[nodiscard]] virtual StoreResult<std::vector<InvitationRow>> invitations(AccountId account, PageRequest page) = 0;

  [[nodiscard]] virtual StoreResult<std::optional<SessionRow>> session_by_digest(const KeyDigest& digest) = 0;
  [[nodiscard]] virtual StoreResult<std::vector<SessionRow>> sessions(PersonId person) = 0;  // newest first

  [[nodiscard]] virtual StoreResult<std::size_t> recovery_code_count(PersonId person) = 0;
  // Whether this browser has signed in as this person before.
  [[nodiscard]] virtual StoreResult<bool> knows_device(PersonId person, const KeyDigest& device) = 0;
};

// What ended before these moments goes.
struct Outdated {
  Timestamp sessions_begun_before;
  Timestamp sessions_idle_since;
  Timestamp second_factors_begun_before;
  Timestamp invitations_expired_before;
  Timestamp devices_idle_since;
};

class PeopleWriter {
 public:
  virtual ~PeopleWriter() = default;

  [[nodiscard]] virtual StoreResult<void> insert_person(const PersonRow& row) = 0;
  [[nodiscard]] virtual StoreResult<void> update_person(const PersonRow& row) = 0;  // all but login and creation
  // With memberships, sessions, recovery codes and devices.
  [[nodiscard]] virtual StoreResult<void> delete_person(PersonId id) = 0;

  [[nodiscard]] virtual StoreResult<void> put_membership(const MembershipRow& row) = 0;  // joined_at stays as it was
  [[nodiscard]] virtual StoreResult<void> delete_membership(AccountId account, PersonId person) = 0;

  [[nodiscard]] virtual StoreResult<void> insert_invitation(const InvitationRow& row) = 0;
  [[nodiscard]] virtual StoreResult<void> delete_invitation(InvitationId id) = 0;

  [[nodiscard]] virtual StoreResult<void> insert_session(const SessionRow& row) = 0;
  // last_seen_at and confirmed_at; the rest of a session never changes.
  [[nodiscard]] virtual StoreResult<void> update_session(const SessionRow& row) = 0;
  // last_seen_at alone, and never back.
  [[nodiscard]] virtual StoreResult<void> touch_session(SessionId id, Timestamp seen_at) = 0;
  [[nodiscard]] virtual StoreResult<void> delete_session(SessionId id) = 0;
  // All of a person's but this one; nullopt: all.
  [[nodiscard]] virtual StoreResult<void> delete_sessions(PersonId person, std::optional<SessionId> except) = 0;

  [[nodiscard]] virtual StoreResult<void> replace_recovery_codes(PersonId person, std::span<const KeyDigest> codes) = 0;
  [[nodiscard]] virtual StoreResult<void> spend_recovery_code(PersonId person, const KeyDigest& code) = 0;  // kNotFound

  [[nodiscard]] virtual StoreResult<void> put_device(PersonId person, const KeyDigest& device, Timestamp seen_at) = 0;
  [[nodiscard]] virtual StoreResult<void> touch_token(TokenId id, Timestamp used_at) = 0;  // never back
  [[nodiscard]] virtual StoreResult<void> delete_outdated(const Outdated& outdated) = 0;
};

}  // namespace keyfence
