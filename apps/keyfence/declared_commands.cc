#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>

#include "apps/keyfence/api_commands.h"
#include "apps/keyfence/declared_toml.h"
#include "apps/keyfence/first_token.h"

namespace keyfence {
namespace {

namespace json = boost::json;

struct DeclaredFlags {
  std::string file;
  std::string output;
  std::string format;
  std::string secrets_file;
  bool digests = false;
  bool plan = false;
  bool prune = false;
  bool open = false;
};

bool is_json(const std::string& file, const std::string& format) {
  return format == "json" || (format.empty() && file.size() > 5 && file.ends_with(".json"));
}

CommandResult<void> write_document(ApiSession& session, const DeclaredFlags& flags) {
  const auto document = session.call("GET", flags.digests ? "/export?digests=true" : "/export");
  if (!document) return Err{document.error()};
  const std::string text =
      is_json(flags.output, flags.format) ? json::serialize(*document) + "\n" : toml_of(document->as_object());
  if (flags.output.empty()) {
    std::cout << text;
    return {};
  }
  if (auto failure = write_file_whole(flags.output, text, flags.digests ? 0600 : 0644)) {
    return Err{CommandError{*failure}};
  }
  return {};
}

CommandResult<json::value> read_document(const DeclaredFlags& flags) {
  const auto text = read_input(flags.file);
  if (!text) return Err{text.error()};
  if (!is_json(flags.file, flags.format)) {
    auto document = json_of_toml(*text, flags.file);
    if (!document) return Err{CommandError{document.error()}};
    return json::value(std::move(*document));
  }
  boost::system::error_code error;
  json::value document = json::parse(*text, error);
  if (error) return Err{CommandError{flags.file + ": is no JSON: " + error.message()}};
  return document;
}

void print_list(const json::object& change, std::string_view member, std::string_view sign) {
  const json::value* list = change.if_contains(member);
  if (list == nullptr || !list->is_array()) return;
  for (const json::value& item : list->as_array()) {
    std::cout << "    " << sign << " " << cell(json::object{{"text", item}}, "text") << '\n';
  }
}

// As a person reads it: what, and under it what is different.
void print_change(const json::value& value) {
  const json::object& change = value.as_object();
  const std::string action = cell(value, "action");
  const std::string account = cell(value, "account");
  std::cout << (action == "create"   ? "+"
                : action == "delete" ? "-"
                                     : "~")
            << " " << cell(value, "kind") << " " << cell(value, "name") << (account.empty() ? "" : " of " + account)
            << "  (" << cell(value, "subject") << ")\n";
  for (const std::string_view member : {"settings", "changed"}) {
    const json::value* changed = change.if_contains(member);
    if (changed == nullptr || !changed->is_object()) continue;
    for (const auto& one : changed->as_object()) {
      std::cout << "    " << std::string_view(one.key()) << ": " << json::serialize(one.value().at(0)) << " -> "
                << json::serialize(one.value().at(1)) << '\n';
    }
  }
  print_list(change, "added", "+");
  print_list(change, "removed", "-");
  print_list(change, "changed", "~");
}

CommandResult<void> hand_out(const json::array& secrets, const DeclaredFlags& flags) {
  if (secrets.empty()) return {};
  if (!flags.secrets_file.empty()) {
    if (auto failure = write_file_whole(flags.secrets_file, json::serialize(secrets) + "\n", 0600)) {
      return Err{CommandError{*failure + "; the keys were made: rotate them for new secrets"}};
    }
    return {};
  }
  std::cout << "secrets of new keys, shown this once:\n";
  for (const json::value& secret : secrets) {
    std::cout << "  " << cell(secret, "key_id") << "  " << cell(secret, "name") << "  " << cell(secret, "secret")
              << '\n';
  }
  return {};
}

CommandResult<void> apply(ApiSession& session, const ApiFlags& api, const DeclaredFlags& flags) {
  const auto document = read_document(flags);
  if (!document) return Err{document.error()};
  std::string query = flags.plan ? "?plan=true" : "?plan=false";
  if (flags.prune) query += "&prune=true";
  if (flags.open) query += "&confirm=open_to_everyone";
  const auto answer = session.call("POST", "/apply" + query, *document);
  if (!answer) return Err{answer.error()};
  if (api.json) {
    print_json(*answer);
    return {};
  }
  const json::array& changes = answer->as_object().at("changes").as_array();
  for (const json::value& change : changes) print_change(change);
  std::cout << changes.size() << (flags.plan ? " changes planned, nothing was changed" : " changes") << ", revision "
            << cell(*answer, "revision") << '\n';
  return hand_out(answer->as_object().at("secrets").as_array(), flags);
}

}  // namespace

void add_declared_commands(CLI::App& app, int& exit_code) {
  const auto api = std::make_shared<ApiFlags>();
  const auto flags = std::make_shared<DeclaredFlags>();
  CLI::App* writing =
      add_api_leaf(app, "export", "Write accounts, keys (without secrets) and lists as one file", api, exit_code,
                   [flags](ApiSession& session, const ApiFlags&) { return write_document(session, *flags); });
  add_api_flags(*writing, api);
  writing->add_option("-o,--output", flags->output, "into this file");
  writing->add_option("--format", flags->format, "toml (default) or json")->check(CLI::IsMember({"toml", "json"}));
  writing->add_flag("--digests", flags->digests, "with the digests of keys: another instance lets them in");
  CLI::App* applying =
      add_api_leaf(app, "apply", "Bring accounts, keys and lists to what a file declares", api, exit_code,
                   [flags](ApiSession& session, const ApiFlags& f) { return apply(session, f, *flags); });
  add_api_flags(*applying, api);
  applying->add_option("file", flags->file, "TOML, or JSON (*.json); - for standard input")->required();
  applying->add_option("--format", flags->format, "toml or json")->check(CLI::IsMember({"toml", "json"}));
  applying->add_flag("--plan", flags->plan, "show what would change, and change nothing");
  applying->add_flag("--prune", flags->prune, "delete keys that are not named, in accounts that are");
  applying->add_flag("--open-to-everyone", flags->open, "confirm that lists may be left empty and open");
  applying->add_option("--secrets-file", flags->secrets_file,
                       "write secrets of new keys here (0600), not to the screen");
}

}  // namespace keyfence
