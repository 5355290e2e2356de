#include <iostream>

#include "apps/keyfence/api_commands.h"
#include "libs/net/entry_syntax.h"
#include "libs/policy/ids.h"
#include "libs/policy/list_rules.h"

namespace keyfence {
namespace {

namespace json = boost::json;

struct ListFlags {
  bool global = false;
  std::string account;
  std::string key;
  std::string text;
  std::string label;
  std::string expires;
  bool disabled = false;
  bool yes = false;
  bool dry_run = false;
  bool skip_duplicates = false;
  std::string file;
  std::string mode;
  std::string when_empty;
};

CommandResult<std::string> path_of(const ListFlags& list) {
  const int chosen =
      static_cast<int>(list.global) + static_cast<int>(!list.account.empty()) + static_cast<int>(!list.key.empty());
  if (chosen != 1) return Err{CommandError{"say which list: one of --global, --account ID and --key ID"}};
  if (list.global) return std::string("/allowlist");
  if (!list.account.empty()) return "/accounts/" + list.account + "/allowlist";
  return "/keys/" + list.key + "/allowlist";
}

std::string confirmation(const ListFlags& list) {
  return list.yes ? "?confirm=open_to_everyone" : "";
}

void print_settings(const json::value& list) {
  const std::string owner = cell(list, "owner_id");
  print_fields({{"list", cell(list, "layer") + (owner.empty() ? "" : " " + owner)},
                {"mode", cell(list, "mode")},
                {"when empty", cell(list, "when_empty")},
                {"entries", cell(list, "entry_count")},
                {"revision", cell(list, "revision")}});
}

CommandResult<void> show(ApiSession& session, const ApiFlags& flags, const ListFlags& list) {
  const auto path = path_of(list);
  if (!path) return Err{path.error()};
  auto settings = session.call("GET", *path + "?limit=1");
  if (!settings) return Err{std::move(settings).error()};
  auto entries = session.all(*path, "entries");
  if (!entries) return Err{std::move(entries).error()};
  if (flags.json) {
    settings->as_object()["entries"] = std::move(*entries);
    settings->as_object()["next"] = nullptr;
    print_json(*settings);
    return {};
  }
  print_settings(*settings);
  if (entries->empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const json::value& entry : *entries) {
    rows.push_back({cell(entry, "id"), cell(entry, "canonical"), cell(entry, "label"),
                    cell(entry, "enabled") == "true" ? "" : "disabled", cell(entry, "expires_at")});
  }
  std::cout << '\n';
  print_table({"ID", "ENTRY", "LABEL", "STATE", "EXPIRES"}, rows);
  return {};
}

CommandResult<void> add(ApiSession& session, const ApiFlags& flags, const ListFlags& list) {
  const auto path = path_of(list);
  if (!path) return Err{path.error()};
  json::object body{{"text", list.text}};
  if (!list.label.empty()) body["label"] = list.label;
  if (!list.expires.empty()) body["expires_at"] = list.expires;
  if (list.disabled) body["enabled"] = false;
  const auto answer = session.call("POST", *path + "/entries", body);
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
    return {};
  }
  print_warnings(*answer);
  const json::value& entry = answer->as_object().at("entry");
  std::cout << "added " << cell(entry, "canonical") << "  " << cell(entry, "id") << '\n';
  return {};
}

// An entry named by its id, or by any spelling of what it admits.
CommandResult<std::string> entry_id_of(ApiSession& session, const std::string& path, const std::string& text) {
  if (EntryId::parse(text)) return text;
  const auto parsed = parse_entry(text);
  if (!parsed) return Err{CommandError{"neither an entry's id nor an entry: " + parsed.error().message}};
  const auto entries = session.all(path, "entries");
  if (!entries) return Err{entries.error()};
  for (const json::value& entry : *entries) {
    if (cell(entry, "canonical") == parsed->canonical) return cell(entry, "id");
  }
  return Err{CommandError{"the list does not hold " + parsed->canonical}};
}

CommandResult<void> remove(ApiSession& session, const ApiFlags& flags, const ListFlags& list) {
  const auto path = path_of(list);
  if (!path) return Err{path.error()};
  const auto id = entry_id_of(session, *path, list.text);
  if (!id) return Err{id.error()};
  const auto answer = session.call("DELETE", *path + "/entries/" + *id + confirmation(list));
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
  } else {
    std::cout << "removed " << *id << '\n';
  }
  return {};
}

CommandResult<void> patch(ApiSession& session, const ApiFlags& flags, const ListFlags& list, const json::object& body) {
  const auto path = path_of(list);
  if (!path) return Err{path.error()};
  const auto answer = session.call("PATCH", *path + confirmation(list), body);
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
  } else {
    print_settings(*answer);
  }
  return {};
}

CommandResult<void> set(ApiSession& session, const ApiFlags& flags, const ListFlags& list) {
  json::object body;
  if (!list.mode.empty()) body["mode"] = list.mode;
  if (!list.when_empty.empty()) body["when_empty"] = list.when_empty;
  if (body.empty()) return Err{CommandError{"nothing to set: --mode or --when-empty"}};
  return patch(session, flags, list, body);
}

CommandResult<void> mode(ApiSession& session, const ApiFlags& flags, const ListFlags& list) {
  return patch(session, flags, list, json::object{{"mode", list.mode}});
}

CommandResult<void> import(ApiSession& session, const ApiFlags& flags, const ListFlags& list) {
  const auto path = path_of(list);
  if (!path) return Err{path.error()};
  auto text = read_input(list.file);
  if (!text) return Err{std::move(text).error()};
  const std::string query = std::string("?dry_run=") + (list.dry_run ? "true" : "false") +
                            "&on_duplicate=" + (list.skip_duplicates ? "skip" : "fail");
  const auto answer = session.call_text("POST", *path + "/import" + query, std::move(*text));
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::value& line : answer->as_object().at("lines").as_array()) {
    if (cell(line, "result") == "added" && line.as_object().if_contains("warnings") == nullptr) continue;
    std::string why = cell(line, "message");
    if (const json::value* warnings = line.as_object().if_contains("warnings")) {
      for (const json::value& warning : warnings->as_array())
        why += (why.empty() ? "" : " ") + cell(warning, "message");
    }
    rows.push_back({cell(line, "line"), cell(line, "result"), cell(line, "text"), why});
  }
  if (!rows.empty()) print_table({"LINE", "RESULT", "ENTRY", "WHY"}, rows);
  std::cout << (list.dry_run ? "would add " : "added ") << cell(*answer, "added") << ", skipped "
            << cell(*answer, "skipped") << ", wrong " << cell(*answer, "failed") << '\n';
  return {};
}

CommandResult<void> replace(ApiSession& session, const ApiFlags& flags, const ListFlags& list) {
  const auto path = path_of(list);
  if (!path) return Err{path.error()};
  const auto text = read_input(list.file);
  if (!text) return Err{text.error()};
  json::array entries;
  for (const ImportLine& line : split_import(*text)) {
    json::object entry{{"text", line.entry}};
    if (!line.label.empty()) entry["label"] = line.label;
    entries.emplace_back(std::move(entry));
  }
  const auto answer = session.call("PUT", *path + confirmation(list), json::object{{"entries", std::move(entries)}});
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
    return {};
  }
  print_warnings(*answer);
  std::cout << "added " << cell(*answer, "added") << ", kept " << cell(*answer, "kept") << ", removed "
            << cell(*answer, "removed") << ", revision " << cell(*answer, "revision") << '\n';
  return {};
}

}  // namespace

void add_list_commands(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<ApiFlags>();
  const auto list = std::make_shared<ListFlags>();
  CLI::App* group = add_api_group(app, "list", "Allowlists: --global, --account ID or --key ID", flags);
  group->add_flag("--global", list->global, "the global list");
  group->add_option("--account", list->account, "an account's list");
  group->add_option("--key", list->key, "a key's list");
  group->add_flag("--yes", list->yes, "confirm that the list then admits everyone");
  using Run = CommandResult<void> (*)(ApiSession&, const ApiFlags&, const ListFlags&);
  const auto leaf = [&](const std::string& name, const std::string& help, Run run) {
    return add_api_leaf(*group, name, help, flags, exit_code,
                        [list, run](ApiSession& session, const ApiFlags& f) { return run(session, f, *list); });
  };
  leaf("show", "Show a list and its entries", show);
  CLI::App* addition = leaf("add", "Add an entry", add);
  addition->add_option("text", list->text, "address, CIDR or range")->required();
  addition->add_option("--label", list->label, "what it is");
  addition->add_option("--expires", list->expires, "when it ends: 2026-12-31T00:00:00Z");
  addition->add_flag("--disabled", list->disabled, "without effect until it is enabled");
  leaf("remove", "Remove an entry", remove)->add_option("entry", list->text, "its id or its text")->required();
  CLI::App* setting = leaf("set", "Change mode or what an empty list does", set);
  setting->add_option("--mode", list->mode, "enforce, monitor or off");
  setting->add_option("--when-empty", list->when_empty, "allow or deny");
  leaf("mode", "Change the mode", mode)->add_option("mode", list->mode, "enforce, monitor or off")->required();
  CLI::App* importing = leaf("import", "Add the entries of a file, all or nothing", import);
  importing->add_option("file", list->file, "one entry a line, a label after a comma; - is standard input")->required();
  importing->add_flag("--dry-run", list->dry_run, "only say what would happen");
  importing->add_flag("--skip-duplicates", list->skip_duplicates, "leave out what the list holds already");
  leaf("replace", "Replace all entries by those of a file", replace)
      ->add_option("file", list->file, "one entry a line, a label after a comma; - is standard input")
      ->required();
}

}  // namespace keyfence
