#pragma once

#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {

// The reads of PeopleReader over one connection: prepared once, throwing Failure.
class PeopleReads {
 public:
  explicit PeopleReads(Connection& connection);

  [[nodiscard]] PersonRow person(PersonId id);
  [[nodiscard]] std::optional<PersonRow> person_by_login(std::string_view login);
  [[nodiscard]] std::size_t operator_count();
  [[nodiscard]] std::vector<PersonRow> operators(PageRequest page);
  [[nodiscard]] std::vector<MembershipRow> memberships(PersonId person);
  [[nodiscard]] std::optional<MemberRow> member(AccountId account, PersonId person);
  [[nodiscard]] std::vector<MemberRow> members(AccountId account, PageRequest page);
  [[nodiscard]] std::size_t owner_count(AccountId account);
  [[nodiscard]] std::optional<InvitationRow> invitation_by_digest(const KeyDigest& digest);
  [[nodiscard]] std::vector<InvitationRow> invitations(AccountId account, PageRequest page);
  [[nodiscard]] std::optional<SessionRow> session_by_digest(const KeyDigest& digest);
  [[nodiscard]] std::vector<SessionRow> sessions(PersonId person);
  [[nodiscard]] std::size_t recovery_code_count(PersonId person);
  [[nodiscard]] bool knows_device(PersonId person, const KeyDigest& device);

 private:
  Statement person_, person_by_login_, operator_count_, operators_;
  Statement memberships_, member_, members_, owner_count_;
  Statement invitation_by_digest_, invitations_;
  Statement session_by_digest_, sessions_;
  Statement recovery_code_count_, device_;
};

}  // namespace keyfence::sqlite
