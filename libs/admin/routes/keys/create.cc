#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/idempotency/creation.h"
#include "libs/admin/input.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/views.h"
#include "libs/policy/presented_key.h"

namespace keyfence::routes::keys {
namespace {

struct Wanted {
  std::string name;
  std::string description;
  std::vector<std::string> scopes;
  std::optional<UnixSeconds> expires_at;
  std::optional<ListMode> mode;
  std::optional<WhenEmpty> when_empty;
  std::vector<EntryInput> entries;
};

Result<Wanted, Problem> read_wanted(const boost::json::value& body, std::size_t entries_max) {
  std::vector<FieldError> errors;
  ObjectReader reader(body, "", errors);
  Wanted wanted;
  wanted.name = read_name(reader, Presence::kRequired).value_or("");
  wanted.description = read_description(reader).value_or("");
  wanted.scopes = read_scopes(reader).value_or(std::vector<std::string>());
  wanted.expires_at = reader.expiry("expires_at").value_or(std::nullopt);
  if (const boost::json::value* list = reader.object("allowlist")) {
    ObjectReader list_reader(*list, "/allowlist", errors);
    wanted.mode = list_reader.choice<ListMode>("mode", parse_list_mode, kListModes);
    wanted.when_empty = list_reader.choice<WhenEmpty>("when_empty", parse_when_empty, kWhenEmpties);
    if (const boost::json::array* array = list_reader.array("entries")) {
      wanted.entries = read_entries(*array, "/allowlist/entries", entries_max, errors);
    }
    list_reader.finish();
  }
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return wanted;
}

// The list of the new key as it was asked for; what is not said stays as the store made it.
Result<boost::json::object, Problem> write_list(Transaction& tx, const Call& call, ListRef ref, const Wanted& wanted) {
  auto list = tx.list(ref);
  if (!list) return Err{problem_of(list.error())};
  list->mode = wanted.mode.value_or(list->mode);
  list->when_empty = wanted.when_empty.value_or(list->when_empty);
  if (wanted.mode || wanted.when_empty) {
    auto updated = checked(tx.update_list(ref, list->mode, list->when_empty));
    if (!updated) return Err{std::move(updated).error()};
  }
  boost::json::array entries;
  for (const EntryInput& input : wanted.entries) {
    const EntryRow row = new_entry_row(input, call);
    auto inserted = checked(tx.insert_entry(ref, row));
    if (!inserted) return Err{std::move(inserted).error()};
    entries.emplace_back(view(row));
  }
  return boost::json::object{
      {"mode", name(list->mode)}, {"when_empty", name(list->when_empty)}, {"entries", std::move(entries)}};
}

}  // namespace

Answer create(Call& call) {
  const auto id = call.path_id<AccountId>("account_id");
  if (!id) return Err{id.error()};
  const auto instance = call.services.store.instance();
  if (!instance) return Err{problem_of(instance.error())};
  const auto wanted = read_wanted(call.body, instance->key_limits.entries_max);
  if (!wanted) return Err{wanted.error()};
  const auto first_judged = judge_list(*instance, Layer::kKey, wanted->entries);
  if (!first_judged) return Err{first_judged.error()};

  const NewSecret secret = NewSecret::make("kf_");
  KeyRow row{.id = KeyId(call.services.ids.next()),
             .account = *id,
             .name = wanted->name,
             .description = wanted->description,
             .digest = secret.digest(),
             .hint = hint_of(secret.reveal_once()),
             .state = KeyState::kActive,
             .expires_at = wanted->expires_at,
             .scopes = wanted->scopes,
             .created_by = call.caller.actor(),
             .created_at = call.now,
             .changed = {}};
  JudgedList judged;
  const auto work = [&](ChangeContext& change) -> Result<void, Problem> {
    const auto account = find_account(change.tx, call.caller, *id);
    if (!account) return Err{account.error()};
    judged = *first_judged;
    if (auto good = judge_again(change.tx, Layer::kKey, wanted->entries, judged); !good) return good;
    warn_of_proxies(call, wanted->entries, judged.judgement);
    auto inserted = checked(change.tx.insert_key(row));
    if (!inserted) return inserted;
    auto list = write_list(change.tx, call, ListRef::of(row.id), *wanted);
    if (!list) return Err{std::move(list).error()};
    boost::json::object after = view(row);
    after["allowlist"] = std::move(*list);
    change.audit("key.create", row.id.text(), row.account, nullptr, after);
    return {};
  };
  return run_creation(call, work, [&](const Committed& committed) {
    HttpResponse response =
        json_response(201, boost::json::object{{"key", view_at(row, committed.revision)},
                                               {"secret", secret.reveal_once()},
                                               {"warnings", view(judged.judgement.warnings, wanted->entries)},
                                               {"revision", committed.revision.value}});
    response.headers.emplace_back("Location", "/api/v1/keys/" + row.id.text());
    return response;
  });
}

}  // namespace keyfence::routes::keys
