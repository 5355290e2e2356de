#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/list_target.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"

namespace keyfence::routes::allowlist {
namespace {

// The store said that the entry stands in a list too long to be compared beforehand: which one is it?
Problem duplicate_in_long_list(Call& call, const EntryInput& input) {
  std::string standing;
  StoreReader& store = call.services.store;
  const auto target = find_list(store, call);
  if (target) {
    const auto rows = standing_entries(store, target->list, static_cast<std::size_t>(-1));
    if (rows) {
      for (const CandidateEntry& row : *rows) {
        if (row.range == input.parsed.range) standing = row.id.text();
      }
    }
  }
  Problem problem = invalid_input({{.pointer = "/text",
                                    .code = "duplicate_entry",
                                    .message = "The list holds " + input.parsed.canonical + " already.",
                                    .standing_id = standing}});
  problem.status = 409;
  problem.code = "duplicate_entry";
  return problem;
}

}  // namespace

Answer add_entry(Call& call) {
  std::vector<FieldError> errors;
  const auto input = read_entry(call.body, "", errors);
  if (!input) return Err{invalid_input(std::move(errors))};
  const std::vector<EntryInput> added = {*input};

  EntryRow row;
  ListTarget target;
  Judgement judgement;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto found = find_list(change.tx, call);
    if (!found) return Err{std::move(found).error()};
    target = std::move(*found);
    const ListRow& list = target.list;
    if (auto stale = refuse_stale(call.request, list.changed)) return Err{std::move(*stale)};
    const auto instance = change.tx.instance();
    if (!instance) return Err{problem_of(instance.error())};
    const auto standing = standing_entries(change.tx, list, kComparedEntriesMax);
    if (!standing) return Err{standing.error()};
    judgement = judge_additions(*instance, list.ref.layer, *standing, list.entry_count, added);
    if (!judgement.errors.empty()) return Err{invalid_input(judgement.errors)};
    row = new_entry_row(*input, call);
    change.audit("entry.create", target.subject, target.account, nullptr, view(row));
    return checked(change.tx.insert_entry(list.ref, row));
  });
  if (!committed) {
    const Problem& problem = committed.error();
    const bool by_store = problem.code == "duplicate_entry" && problem.standing_id.empty();
    return Err{by_store ? duplicate_in_long_list(call, *input) : problem};
  }
  HttpResponse response = json_response(201, boost::json::object{{"entry", view(row)},
                                                                 {"warnings", view(judgement.warnings, added)},
                                                                 {"revision", committed->revision.value}});
  response.headers.emplace_back("ETag", etag_after(*committed, target.list.changed));
  response.headers.emplace_back("Location", target.path + "/entries/" + row.id.text());
  return response;
}

}  // namespace keyfence::routes::allowlist
