#include "libs/admin/history/changed_since.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <optional>

#include "libs/admin/history/list_difference.h"
#include "libs/admin/history/row_etag.h"
#include "libs/admin/list_target.h"
#include "libs/admin/views.h"

namespace keyfence {
namespace {

namespace json = boost::json;

constexpr std::size_t kChangesTold = 20;
constexpr std::size_t kEntriesComparedMax = 10'000;

std::optional<Revision> revision_of(std::string_view tag) {
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
  tag = tag.substr(1, tag.size() - 2);
  Revision revision;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), revision.value);
  if (error != std::errc() || end != tag.data() + tag.size()) return std::nullopt;
  return revision;
}

json::object since_of_list(StoreReader& store, ListRef ref, std::optional<Revision> asked) {
  json::object out;
  json::array changes;
  const auto rows = store.list_revisions(ref, {.after = 0, .limit = kChangesTold});
  if (rows) {
    for (const ListRevisionRow& row : *rows) {
      if (!asked || row.list.changed > *asked) changes.emplace_back(view(row));
    }
  }
  out["changes"] = std::move(changes);
  const auto now = store.revision();
  if (!asked || !now) return out;
  const auto was = list_as_of(store, ref, *asked, EntriesRead::kNone);
  const auto is = list_as_of(store, ref, *now, EntriesRead::kNone);
  if (!was || !is || std::max(was->row.list.entry_count, is->row.list.entry_count) > kEntriesComparedMax) return out;
  const auto before = list_as_of(store, ref, *asked, EntriesRead::kAll);
  const auto after = list_as_of(store, ref, *now, EntriesRead::kAll);
  if (before && after) out["difference"] = view_difference(*before, *after);
  return out;
}

// Lines of the audit log about this thing that are newer than the state that the tag was given for.
json::object since_of_row(StoreReader& store, const std::string& subject, std::string_view tag) {
  json::array changes;
  const auto rows = store.audit({.subject = subject}, {.after = 0, .limit = kChangesTold});
  const auto asked = revision_of(tag);
  if (rows) {
    for (const AuditRow& row : *rows) {
      if (asked && row.revision <= *asked) break;
      boost::system::error_code error;
      const json::value after = json::parse(row.after, error);
      if (!error && after.is_object() && row_etag(after.as_object()) == tag) break;
      json::object line = view(row);
      line.erase("hash");
      changes.emplace_back(std::move(line));
    }
  }
  return {{"changes", std::move(changes)}};
}

}  // namespace

void add_changed_since(const Call& call, Problem& problem) {
  if (problem.status != 412) return;
  const std::string_view tag = call.request.header("If-Match").value_or("");
  StoreReader& store = call.services.store;
  const bool is_list = call.request.path.find("/allowlist") != std::string::npos;
  if (is_list) {
    const auto target = find_list(store, call);
    if (target) problem.changed_since = since_of_list(store, target->list.ref, revision_of(tag));
  } else if (!call.path_parameter("key_id").empty()) {
    problem.changed_since = since_of_row(store, std::string(call.path_parameter("key_id")), tag);
  } else if (!call.path_parameter("account_id").empty()) {
    problem.changed_since = since_of_row(store, std::string(call.path_parameter("account_id")), tag);
  } else {
    problem.changed_since = since_of_row(store, "instance", tag);
  }
}

}  // namespace keyfence
