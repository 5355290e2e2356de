#include "libs/admin/views.h"

#include <boost/json/parse.hpp>

#include "libs/admin/json/json_text.h"

namespace keyfence {
namespace {

namespace json = boost::json;

json::value view_floor(const std::optional<int>& floor) {
  if (!floor) return nullptr;
  return *floor;
}

json::array view_ranges(const std::vector<IpRange>& ranges) {
  json::array out;
  for (const IpRange& range : ranges) out.emplace_back(range.text());
  return out;
}

json::value parse_kept(const std::string& text) {
  if (text.empty()) return nullptr;
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error) return json::value(text);
  return value;
}

template <class Tag>
void append_id(std::string& out, StrongId<Tag> id) {
  out += '"';
  out += Tag::kPrefix;
  append_crockford(out, id.value());
  out += '"';
}

}  // namespace

json::value view_time(const std::optional<Timestamp>& time) {
  if (!time) return nullptr;
  return json::value(rfc3339(*time));
}

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
          {"deleted_at", row.deletion ? view_time(row.deletion->deleted_at) : nullptr},
          {"purge_at", row.deletion ? view_time(row.deletion->purge_at) : nullptr},
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

json::object view_summary(const ListRow& row) {
  return {{"mode", name(row.mode)}, {"when_empty", name(row.when_empty)}, {"entry_count", row.entry_count}};
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

void append_members(std::string& out, const ListRow& row) {
  append_plain_json(out.append("{\"layer\":"), name(row.ref.layer));
  out.append(",\"owner_id\":");
  if (row.ref.layer == Layer::kKey) {
    append_id(out, KeyId(row.ref.owner));
  } else if (row.ref.layer == Layer::kAccount) {
    append_id(out, AccountId(row.ref.owner));
  } else {
    out.append("null");
  }
  append_plain_json(out.append(",\"mode\":"), name(row.mode));
  append_plain_json(out.append(",\"when_empty\":"), name(row.when_empty));
  append_json_number(out.append(",\"entry_count\":"), row.entry_count);
  append_json_number(out.append(",\"revision\":"), row.changed.value);
}

void append_members(std::string& out, const EntryRow& row) {
  append_id(out.append("{\"id\":"), row.id);
  append_json_text(out.append(",\"text\":"), row.text);
  append_plain_json(out.append(",\"canonical\":"), row.range.text());
  append_plain_json(out.append(",\"kind\":"), name(row.kind));
  append_json_text(out.append(",\"label\":"), row.label);
  out.append(row.state == EntryState::kEnabled ? ",\"enabled\":true" : ",\"enabled\":false");
  out.append(",\"expires_at\":");
  if (row.expires_at) {
    append_plain_json(out, rfc3339(*row.expires_at));
  } else {
    out.append("null");
  }
  append_json_text(out.append(",\"added_by\":"), row.added_by);
  append_plain_json(out.append(",\"added_at\":"), rfc3339(row.added_at));
}

json::object view(const TokenRow& row) {
  return {{"id", row.id.text()},
          {"name", row.name},
          {"hint", row.hint},
          {"role", name(row.role)},
          {"account_id", view_id(row.account)},
          {"expires_at", view_expiry(row.expires_at)},
          {"addresses", view_ranges(row.addresses)},
          {"last_used_at", view_time(row.last_used_at)},
          {"revoked_at", view_time(row.revoked_at)},
          {"created_by", row.created_by},
          {"created_at", rfc3339(row.created_at)}};
}

json::object view(const MemberRow& row) {
  return {{"id", row.membership.person.text()},
          {"login", row.login},
          {"name", row.name},
          {"role", name(row.membership.role)},
          {"joined_at", rfc3339(row.membership.joined_at)},
          {"last_sign_in_at", view_time(row.last_sign_in_at)},
          {"totp_enabled", row.totp_enabled}};
}

json::object view_operator(const PersonRow& row) {
  return {{"id", row.id.text()},
          {"login", row.login},
          {"name", row.name},
          {"created_at", rfc3339(row.created_at)},
          {"last_sign_in_at", view_time(row.last_sign_in_at)},
          {"totp_enabled", row.totp.has_value()}};
}

json::object view(const InvitationRow& row) {
  return {{"id", row.id.text()},
          {"login", row.login},
          {"role", name(row.role)},
          {"invited_by", row.invited_by},
          {"created_at", rfc3339(row.created_at)},
          {"expires_at", rfc3339(row.expires_at)}};
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
          {"revision", row.revision.value},
          {"hash", row.hash.hex()}};
}

}  // namespace keyfence
