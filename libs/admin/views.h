#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "libs/net/entry_syntax.h"
#include "libs/policy/list_rules.h"
#include "libs/store/rows.h"

// Rows as the API shows them, and as the audit log keeps them: never a secret, never a digest.
namespace keyfence {

[[nodiscard]] boost::json::object view(const ListLimits& limits);
[[nodiscard]] boost::json::object view(const InstanceRow& row);
[[nodiscard]] boost::json::object view(const AccountRow& row);
[[nodiscard]] boost::json::object view(const KeyRow& row);
[[nodiscard]] boost::json::object view(const ListRow& row);
[[nodiscard]] boost::json::object view_summary(const ListRow& row);  // mode, when_empty and entry_count
[[nodiscard]] boost::json::object view(const EntryRow& row);
// The same as text, without the brace that closes it: lists are read and changed often, and are long.
void append_members(std::string& out, const ListRow& row);
void append_members(std::string& out, const EntryRow& row);
[[nodiscard]] boost::json::object view(const TokenRow& row);
[[nodiscard]] boost::json::object view(const MemberRow& row);
[[nodiscard]] boost::json::object view_operator(const PersonRow& row);
[[nodiscard]] boost::json::object view(const InvitationRow& row);
[[nodiscard]] boost::json::object view(const AuditRow& row);

// The same with the revision of the change set that is being answered.
template <class Row>
[[nodiscard]] boost::json::object view_at(const Row& row, Revision revision) {
  boost::json::object out = view(row);
  out["revision"] = revision.value;
  return out;
}

template <class Id>
[[nodiscard]] boost::json::value view_id(const std::optional<Id>& id) {
  if (!id) return nullptr;
  return boost::json::value(id->text());
}
[[nodiscard]] boost::json::value view_time(const std::optional<Timestamp>& time);
[[nodiscard]] boost::json::value view_expiry(const std::optional<UnixSeconds>& expires_at);
[[nodiscard]] boost::json::value view_owner(ListRef ref);  // null, "acc_…" or "key_…"

}  // namespace keyfence
