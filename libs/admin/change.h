#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/call.h"
#include "libs/admin/views.h"

namespace keyfence {

// What a change is told of: its transaction, and how to leave a line in the audit log.
class ChangeContext {
 public:
  ChangeContext(Transaction& transaction, const Call& call) : tx(transaction), call_(call) {}

  // In the log with this call's token, address and time. null: there was, or is, nothing. No secrets.
  void audit(std::string_view action, std::string subject, std::optional<AccountId> account,
             const boost::json::value& before, const boost::json::value& after);

  // The same with what was made into text before.
  void audit_text(std::string_view action, std::string subject, std::optional<AccountId> account, std::string before,
                  std::string after);

  Transaction& tx;  // NOLINT(misc-non-private-member-variables-in-classes): the point of the class

 private:
  const Call& call_;
};

using ChangeWork = std::function<Result<void, Problem>(ChangeContext&)>;

// Runs one change set: refused with 503 while the policy could not be published, all or nothing, audited in its own
// transaction, and enforced when this returns. The work may run more than once and assigns its results anew.
[[nodiscard]] Result<Committed, Problem> run_change(const Call& call, const ChangeWork& work);

// The same for what gateways are not told of, such as people and sessions: it goes on while the policy cannot be
// published, so that whoever has to look into that can sign in.
[[nodiscard]] Result<Committed, Problem> run_private_change(const Call& call, const ChangeWork& work);

// 503 stored_not_enforced while the gateways of this machine are not told of a committed change set.
[[nodiscard]] Result<Committed, Problem> enforced(const Call& call, const Committed& committed);

// The revision, and the ETag, of what was changed: of this change set, or as it was where that changed no policy.
[[nodiscard]] Revision revision_after(const Committed& committed, Revision before);
[[nodiscard]] std::string etag_after(const Committed& committed, Revision before);
// A row as the change set left it, with its revision.
template <class Row>
[[nodiscard]] boost::json::object view_after(const Row& row, const Committed& committed) {
  return view_at(row, revision_after(committed, row.changed));
}

// Turns what the store answered into what the work answers.
[[nodiscard]] Result<void, Problem> checked(const StoreResult<void>& result);

// 409 duplicate_name; the operator is told which account has the name already.
[[nodiscard]] Result<void, Problem> require_free_name(StoreReader& store, const Caller& caller,
                                                      std::string_view account_name, std::optional<AccountId> except);

}  // namespace keyfence
