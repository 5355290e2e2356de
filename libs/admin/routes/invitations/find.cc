#include <utility>

#include "libs/admin/routes/invitations/invitation.h"
#include "libs/admin/sign_in/sign_in.h"
#include "libs/policy/presented_key.h"

namespace keyfence::routes::invitations {

Result<FoundInvitation, Problem> find_invitation(StoreReader& store, std::string_view token, Timestamp now) {
  const Problem gone{
      .status = 404, .code = "not_found", .detail = "There is no such invitation: it may be used, revoked or expired."};
  if (!has_valid_checksum(token, "kfi_")) return Err{gone};
  auto found = store.invitation_by_digest(sha256(token));
  if (!found) return Err{problem_of(found.error())};
  std::optional<InvitationRow>& row = *found;
  if (!row || now >= row->expires_at) return Err{gone};
  auto account = store.account(row->account);
  if (!account) return Err{problem_of(account.error())};
  if (account->deletion) return Err{gone};
  return FoundInvitation{std::move(*row), std::move(*account)};
}

Result<std::optional<PersonRow>, Problem> signed_in_as(const Call& call, std::string_view login) {
  const auto session = session_of_cookie(call, SessionStage::kSignedIn);
  if (!session) return Err{session.error()};
  if (!*session) return std::optional<PersonRow>();
  auto person = call.services.store.person((*session)->person);
  if (!person) return Err{problem_of(person.error())};
  if (person->login != login) return std::optional<PersonRow>();
  return std::optional(std::move(*person));
}

}  // namespace keyfence::routes::invitations
