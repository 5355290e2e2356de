#include "libs/admin/change.h"

#include <boost/json/serialize.hpp>
#include <utility>

namespace keyfence {

void ChangeContext::audit(std::string_view action, std::string subject, std::optional<AccountId> account,
                          const boost::json::value& before, const boost::json::value& after) {
  audit_text(action, std::move(subject), account, before.is_null() ? "" : boost::json::serialize(before),
             after.is_null() ? "" : boost::json::serialize(after));
}

void ChangeContext::audit_text(std::string_view action, std::string subject, std::optional<AccountId> account,
                               std::string before, std::string after) {
  AuditRow row;
  row.at = call_.now;
  row.actor = call_.caller.actor();
  row.address = call_.client ? call_.client->text() : "";
  row.action = action;
  row.subject = std::move(subject);
  row.account = account;
  row.before = std::move(before);
  row.after = std::move(after);
  tx.audit_line(std::move(row));
}

Revision revision_after(const Committed& committed, Revision before) {
  return committed.policy_changed ? committed.revision : before;
}

std::string etag_after(const Committed& committed, Revision before) {
  return etag(revision_after(committed, before));
}

Result<void, Problem> checked(const StoreResult<void>& result) {
  if (!result) return Err{problem_of(result.error())};
  return {};
}

// A change that was committed counts only when the image holds it, and that may have failed for want of room.
Result<Committed, Problem> enforced(const Call& call, const Committed& committed) {
  if (!committed.policy_changed || call.services.publisher.status().image_revision >= committed.revision) {
    return committed;
  }
  return Err{Problem{.status = 503,
                     .code = "stored_not_enforced",
                     .detail =
                         "The change is stored, but the gateways of this machine could not be told of it yet: they "
                         "go on with the policy before it until they can.",
                     .headers = {{"Retry-After", "1"}}}};
}

Result<Committed, Problem> run_change(const Call& call, const ChangeWork& work) {
  if (!call.services.publisher.ready_for_changes()) {
    return Err{Problem{.status = 503,
                       .code = "policy_not_publishable",
                       .detail = "The gateways of this machine could not be told of a change now: nothing was changed.",
                       .headers = {{"Retry-After", "1"}}}};
  }
  auto committed = run_private_change(call, work);
  if (!committed) return committed;
  return enforced(call, *committed);
}

Result<Committed, Problem> run_private_change(const Call& call, const ChangeWork& work) {
  std::optional<Problem> refused;
  const auto committed = call.services.store.transact([&](Transaction& tx) -> StoreResult<void> {
    refused.reset();
    ChangeContext context(tx, call);
    auto outcome = work(context);
    if (outcome) return {};
    refused = std::move(outcome).error();
    return Err{StoreError{StoreError::Code::kPrecondition, refused->detail, {}}};
  });
  if (committed) return *committed;
  if (refused) return Err{std::move(*refused)};
  return Err{problem_of(committed.error())};
}

}  // namespace keyfence
