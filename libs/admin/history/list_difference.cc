#include "libs/admin/history/list_difference.h"

#include <utility>

#include "libs/admin/views.h"

namespace keyfence {
namespace {

namespace json = boost::json;

struct Told {
  json::array items;
  std::size_t count = 0;

  template <class Make>
  void add(Make make) {
    if (++count <= kDifferencesTold) items.emplace_back(make());
  }
};

}  // namespace

bool same_entry(const EntryRow& a, const EntryRow& b) {
  return a.range == b.range && a.text == b.text && a.label == b.label && a.state == b.state &&
         a.expires_at == b.expires_at;
}

Result<PastList, Problem> list_as_of(StoreReader& store, ListRef ref, Revision revision, EntriesRead entries) {
  const auto newest = store.revision();
  if (!newest) return Err{problem_of(newest.error())};
  if (revision > *newest) return Err{not_found()};
  auto row = store.list_at(ref, revision);
  if (!row && row.error().code == StoreError::Code::kNotFound) {
    return Err{Problem{.status = 410,
                       .code = "revision_forgotten",
                       .detail = "The list did not stand then, or its history no longer reaches back that far."}};
  }
  if (!row) return Err{problem_of(row.error())};
  PastList list{std::move(*row), {}};
  if (entries == EntriesRead::kNone) return list;
  auto rows = store.entries_at(ref, revision, {.after = 0, .limit = list.row.list.entry_count + 1});
  if (!rows) return Err{problem_of(rows.error())};
  list.entries = std::move(*rows);
  return list;
}

json::object view(const ListRevisionRow& row) {
  return {{"revision", row.list.changed.value},
          {"at", rfc3339(row.at)},
          {"actor", row.actor},
          {"address", row.address},
          {"action", row.action},
          {"mode", name(row.list.mode)},
          {"when_empty", name(row.list.when_empty)},
          {"entry_count", row.list.entry_count},
          {"added", row.added},
          {"changed", row.updated},
          {"removed", row.removed}};
}

json::object view_difference(const PastList& before, const PastList& after) {
  json::object settings;
  const ListRow& was = before.row.list;
  const ListRow& is = after.row.list;
  if (was.mode != is.mode) settings["mode"] = json::array{name(was.mode), name(is.mode)};
  if (was.when_empty != is.when_empty) settings["when_empty"] = json::array{name(was.when_empty), name(is.when_empty)};
  Told added;
  Told removed;
  Told changed;
  auto one = before.entries.begin();
  auto two = after.entries.begin();
  while (one != before.entries.end() || two != after.entries.end()) {
    if (two == after.entries.end() || (one != before.entries.end() && one->id < two->id)) {
      removed.add([&] { return view(*one); });
      ++one;
    } else if (one == before.entries.end() || two->id < one->id) {
      added.add([&] { return view(*two); });
      ++two;
    } else {
      if (!same_entry(*one, *two)) {
        changed.add([&] { return json::object{{"before", view(*one)}, {"after", view(*two)}}; });
      }
      ++one;
      ++two;
    }
  }
  json::object counts{{"added", added.count}, {"removed", removed.count}, {"changed", changed.count}};
  return {{"from", was.changed.value},           {"to", is.changed.value},
          {"settings", std::move(settings)},     {"added", std::move(added.items)},
          {"removed", std::move(removed.items)}, {"changed", std::move(changed.items)},
          {"counts", std::move(counts)}};
}

}  // namespace keyfence
