#include "libs/admin/list_target.h"

#include <utility>

#include "libs/admin/views.h"

namespace keyfence {
namespace {

Result<ListTarget, Problem> target_of(StoreReader& store, ListRef ref, std::optional<AccountId> account,
                                      std::string subject, std::string path) {
  auto list = store.list(ref);
  if (!list) return Err{problem_of(list.error())};
  return ListTarget{*list, account, std::move(subject), std::move(path)};
}

}  // namespace

Layer layer_of_path(const Call& call) noexcept {
  if (!call.path_parameter("key_id").empty()) return Layer::kKey;
  return call.path_parameter("account_id").empty() ? Layer::kGlobal : Layer::kAccount;
}

Result<ListTarget, Problem> find_list(StoreReader& store, const Call& call) {
  if (!call.path_parameter("key_id").empty()) {
    const auto id = call.path_id<KeyId>("key_id");
    if (!id) return Err{id.error()};
    const auto key = find_key(store, call.caller, *id);
    if (!key) return Err{key.error()};
    return target_of(store, ListRef::of(*id), key->account, id->text(), "/api/v1/keys/" + id->text() + "/allowlist");
  }
  if (!call.path_parameter("account_id").empty()) {
    const auto id = call.path_id<AccountId>("account_id");
    if (!id) return Err{id.error()};
    const auto account = find_account(store, call.caller, *id);
    if (!account) return Err{account.error()};
    return target_of(store, ListRef::of(*id), *id, id->text(), "/api/v1/accounts/" + id->text() + "/allowlist");
  }
  return target_of(store, ListRef::global(), std::nullopt, "global", "/api/v1/allowlist");
}

Result<ListRow, Problem> find_list_to_read(StoreReader& store, const Call& call) {
  if (call.caller.is_operator()) {
    if (const auto id = KeyId::parse(call.path_parameter("key_id"))) {
      if (auto list = store.list(ListRef::of(*id))) return *list;
    }
  }
  auto target = find_list(store, call);  // which tells what is missing
  if (!target) return Err{std::move(target).error()};
  return target->list;
}

std::optional<Problem> refuse_unconfirmed_mode(const Call& call, const ListRow& before, ListMode after) {
  if (before.ref.layer != Layer::kGlobal || before.mode == after) return std::nullopt;
  return refuse_unconfirmed(call.caller, call.now);
}

std::optional<Problem> refuse_opening(const Call& call, const ListRow& before, ListOutcome after) {
  const bool open_after = after.entry_count == 0 && after.when_empty == WhenEmpty::kAllow;
  const bool open_before = before.entry_count == 0 && before.when_empty == WhenEmpty::kAllow;
  if (!open_after || open_before || call.query.find("confirm")) return std::nullopt;
  return Problem{.status = 409,
                 .code = "would_open_list",
                 .detail =
                     "The list would be empty and then admit every address. Repeat with "
                     "?confirm=open_to_everyone if that is wanted, or set when_empty to deny first."};
}

Result<boost::json::object, Problem> view_for_audit(StoreReader& store, const ListRow& list) {
  boost::json::object out = view(list);
  if (list.entry_count > kAuditedEntriesMax) return out;
  const auto rows = store.entries(list.ref, {.after = 0, .limit = kAuditedEntriesMax});
  if (!rows) return Err{problem_of(rows.error())};
  boost::json::array entries;
  for (const EntryRow& row : *rows) entries.emplace_back(view(row));
  out["entries"] = std::move(entries);
  return out;
}

ListTexts texts_for_audit(ListSide before, ListSide after) {
  const bool are_few = before.touched.size() + after.touched.size() <= kAuditedEntriesMax;
  const auto text = [&](const ListSide& side) {
    std::string out;
    out.reserve(256 + (are_few ? side.touched.size() * 288 : 0));
    append_members(out, side.list);
    if (are_few) {
      out += ",\"entries\":[";
      for (std::size_t i = 0; i < side.touched.size(); ++i) {
        if (i > 0) out += ',';
        append_members(out, side.touched[i]);
        out += '}';
      }
      out += ']';
    }
    return out += '}';
  };
  return {text(before), text(after)};
}

}  // namespace keyfence
