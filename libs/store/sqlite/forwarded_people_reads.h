#pragma once

#include "libs/store/sqlite/reads.h"

namespace keyfence::sqlite {

// The functions of PeopleReader, each handed to Derived::with_reads(); see ForwardedReads.
template <class Base, class Derived>
class ForwardedPeopleReads : public Base {
 public:
  StoreResult<PersonRow> person(PersonId id) override {
    return read([&](PeopleReads& people) { return people.person(id); });
  }
  StoreResult<std::optional<PersonRow>> person_by_login(std::string_view login) override {
    return read([&](PeopleReads& people) { return people.person_by_login(login); });
  }
  StoreResult<std::size_t> operator_count() override {
    return read([](PeopleReads& people) { return people.operator_count(); });
  }
  StoreResult<std::vector<PersonRow>> operators(PageRequest page) override {
    return read([&](PeopleReads& people) { return people.operators(page); });
  }
  StoreResult<std::vector<MembershipRow>> memberships(PersonId person) override {
    return read([&](PeopleReads& people) { return people.memberships(person); });
  }
  StoreResult<std::optional<MemberRow>> member(AccountId account, PersonId person) override {
    return read([&](PeopleReads& people) { return people.member(account, person); });
  }
  StoreResult<std::vector<MemberRow>> members(AccountId account, PageRequest page) override {
    return read([&](PeopleReads& people) { return people.members(account, page); });
  }
  StoreResult<std::size_t> owner_count(AccountId account) override {
    return read([&](PeopleReads& people) { return people.owner_count(account); });
  }
  StoreResult<std::optional<InvitationRow>> invitation_by_digest(const KeyDigest& digest) override {
    return read([&](PeopleReads& people) { return people.invitation_by_digest(digest); });
  }
  StoreResult<std::vector<InvitationRow>> invitations(AccountId account, PageRequest page) override {
    return read([&](PeopleReads& people) { return people.invitations(account, page); });
  }
  StoreResult<std::optional<SessionRow>> session_by_digest(const KeyDigest& digest) override {
    return read([&](PeopleReads& people) { return people.session_by_digest(digest); });
  }
  StoreResult<std::vector<SessionRow>> sessions(PersonId person) override {
    return read([&](PeopleReads& people) { return people.sessions(person); });
  }
  StoreResult<std::size_t> recovery_code_count(PersonId person) override {
    return read([&](PeopleReads& people) { return people.recovery_code_count(person); });
  }
  StoreResult<bool> knows_device(PersonId person, const KeyDigest& device) override {
    return read([&](PeopleReads& people) { return people.knows_device(person, device); });
  }

 private:
  template <class Function>
  auto read(Function function) {
    return static_cast<Derived*>(this)->with_reads([&](Reads& reads) { return function(reads.people); });
  }
};

}  // namespace keyfence::sqlite
