#pragma once

#include "libs/admin/call.h"

namespace keyfence::routes::invitations {

// The invitation with this token, and its account.
struct FoundInvitation {
  InvitationRow row;
  AccountRow account;
};
// Errors   404, one answer for unknown, used and expired tokens, and for accounts that are deleted.
[[nodiscard]] Result<FoundInvitation, Problem> find_invitation(StoreReader& store, std::string_view token,
                                                               Timestamp now);

// The person who has the login, if it is they who ask, signed in.
[[nodiscard]] Result<std::optional<PersonRow>, Problem> signed_in_as(const Call& call, std::string_view login);

}  // namespace keyfence::routes::invitations
