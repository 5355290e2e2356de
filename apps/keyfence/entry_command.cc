#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "apps/keyfence/commands.h"
#include "libs/net/entry_syntax.h"

namespace keyfence {
namespace {

namespace json = boost::json;

int print_error(const EntryError& error, const std::string& text, bool as_json) {
  if (as_json) {
    std::cout << json::serialize(
                     json::object{{"text", text},
                                  {"code", name(error.code)},
                                  {"message", error.message},
                                  {"suggestions", json::array(error.suggestions.begin(), error.suggestions.end())}})
              << '\n';
    return kExitDenied;
  }
  std::cerr << "keyfence: " << error.message << " (" << name(error.code) << ")\n";
  for (const std::string& suggestion : error.suggestions) std::cerr << "  did you mean  " << suggestion << '\n';
  return kExitDenied;
}

int parse(const std::string& text, bool as_json) {
  const auto parsed = parse_entry(text);
  if (!parsed) return print_error(parsed.error(), text, as_json);
  const IpRange& range = parsed->range;
  if (as_json) {
    std::cout << json::serialize(json::object{{"text", text},
                                              {"canonical", parsed->canonical},
                                              {"kind", name(parsed->kind)},
                                              {"first", range.first().text()},
                                              {"last", range.last().text()},
                                              {"count", range.count_text()},
                                              {"class", name(classify(range))}})
              << '\n';
    return kExitOk;
  }
  std::cout << "canonical  " << parsed->canonical << "\nkind       " << name(parsed->kind) << "\nfirst      "
            << range.first().text() << "\nlast       " << range.last().text() << "\ncount      " << range.count_text()
            << "\nclass      " << name(classify(range)) << '\n';
  return kExitOk;
}

struct EntryFlags {
  std::string text;
  bool json = false;
};

}  // namespace

void add_entry_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("entry", "What can be typed into an allowlist");
  command->require_subcommand(1);
  CLI::App* parse_command = command->add_subcommand("parse", "Say what a text means");
  const auto flags = std::make_shared<EntryFlags>();
  parse_command->add_option("text", flags->text, "such as 203.0.113.0/24")->required();
  parse_command->add_flag("--json", flags->json, "print JSON");
  parse_command->callback([flags, &exit_code] { exit_code = parse(flags->text, flags->json); });
}

int fail_command(std::string_view what) {
  std::cerr << "keyfence: " << what << '\n';
  return kExitError;
}

}  // namespace keyfence
