#include "libs/admin/views.h"

#include <boost/json/parse.hpp>

namespace keyfence {
namespace {

namespace json = boost::json;

json::value view_floor(const std::optional<int>& floor) {
  if (!floor) return nullptr;
  return *floor;
}

json::value parse_kept(const std::string& text) {
  if (text.empty()) return nullptr;
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error) return json::value(text);
  return value;
}

}  // namespace

json::value view_expiry(const std::optional<UnixSeconds>& expires_at) {
  if (!expires_at) return nullptr;
  return json::value(rfc3339(*expires_at));
}

json::value view_owner(ListRef ref) {
  switch (ref.layer) {
    case Layer::kAccount:
      return json::value(AccountId(ref.owner).text());
    case Layer::kKey:
      return json::value(KeyId(ref.owner).text());
    case Layer::kGlobal:
    case Layer::kNone:
      break;
  }
  return nullptr;
}

json::object view(const ListLimits& limits) {
  return {{"entries_max", limits.entries_max},
          {"floor_v4", view_floor(limits.floor_v4)},
          {"floor_v6", view_floor(limits.floor_v6)}};
}

json::object view(const InstanceRow& row) {
  return {{"error_style", name(row.error_style)},
          {"limits",
           {{"key", view(row.key_limits)}, {"account", view(row.account_limits)}, {"global", view(row.global_limits)}}},
          {"non_public_warnings", row.non_public_warnings == NonPublicWarnings::kOn},
          {"revision", row.changed.value}};
}

json::object view(const AccountRow& row) {
  return {{"id", row.id.text()},
          {"name", row.name},
          {"state", name(row.state)},
          {"error_style", row.error_style ? json::value(name(*row.error_style)) : json::value(nullptr)},
          {"created_at", rfc3339(row.created_at)},
          {"revision", row.changed.value}};
}

json::object view(const KeyRow& row) {
  return {{"id", row.id.text()},
          {"account_id", row.account.text()},
          {"name", row.name},
          {"description", row.description},
          {"hint", row.hint},
          {"state", name(row.state)},
          {"expires_at", view_expiry(row.expires_at)},
          {"scopes", json::array(row.scopes.begin(), row.scopes.end())},
          {"created_by", row.created_by},
          {"created_at", rfc3339(row.created_at)},
          {"revision", row.changed.value}};
}

json::object view(const ListRow& row) {
  return {{"layer", name(row.ref.layer)},       {"owner_id", view_owner(row.ref)}, {"mode", name(row.mode)},
          {"when_empty", name(row.when_empty)}, {"entry_count", row.entry_count},  {"revision", row.changed.value}};
}

json::object view(const EntryRow& row) {
  return {{"id", row.id.text()},
          {"text", row.text},
          {"canonical", row.range.text()},
          {"kind", name(row.kind)},
          {"label", row.label},
          {"enabled", row.state == EntryState::kEnabled},
          {"expires_at", view_expiry(row.expires_at)},
          {"added_by", row.added_by},
          {"added_at", rfc3339(row.added_at)}};
}

json::object view(const TokenRow& row) {
  return {{"id", row.id.text()},
          {"name", row.name},
          {"hint", row.hint},
          {"role", name(row.role)},
          {"account_id", view_id(row.account)},
          {"expires_at", view_expiry(row.expires_at)},
          {"revoked_at", row.revoked_at ? json::value(rfc3339(*row.revoked_at)) : json::value(nullptr)},
          {"created_by", row.created_by},
          {"created_at", rfc3339(row.created_at)}};
}

json::object view(const AuditRow& row) {
  return {{"id", std::to_string(row.id)},
          {"at", rfc3339(row.at)},
          {"actor", row.actor},
          {"address", row.address},
          {"action", row.action},
          {"subject", row.subject},
          {"account_id", view_id(row.account)},
          {"before", parse_kept(row.before)},
          {"after", parse_kept(row.after)},
          {"revision", row.revision.value}};
}

}  // namespace keyfence
