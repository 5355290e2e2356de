#include "libs/admin/change.h"

namespace keyfence {

Result<void, Problem> require_free_name(StoreReader& store, const Caller& caller, std::string_view account_name,
                                        std::optional<AccountId> except) {
  const auto other = store.account_by_name(account_name);
  if (!other) return Err{problem_of(other.error())};
  const std::optional<AccountRow>& row = *other;
  if (!row || row->id == except) return {};
  const std::string standing = caller.is_operator() ? row->id.text() : "";
  return Err{Problem{.status = 409,
                     .code = "duplicate_name",
                     .detail = "Another account has this name.",
                     .errors = {{.pointer = "/name",
                                 .code = "duplicate_name",
                                 .message = "is taken by another account",
                                 .standing_id = standing}},
                     .standing_id = standing}};
}

}  // namespace keyfence
