#include <fstream>
#include <iostream>
#include <map>

#include "apps/keyfence/api_commands.h"
#include "apps/keyfence/commands.h"
#include "apps/keyfence/store_path.h"
#include "libs/store/store_files.h"

namespace keyfence {
namespace {

namespace json = boost::json;

struct AuditFlags {
  std::map<std::string, std::string> filter;  // by the API's names
  int limit = 50;
  bool csv = false;
  std::string output;
  std::string data_dir;
  std::string known;
};

std::string query_of(const AuditFlags& flags) {
  std::string query;
  for (const auto& [name, value] : flags.filter) {
    if (!value.empty()) query += "&" + name + "=" + encode_query(value);
  }
  return query;
}

CommandResult<void> show(ApiSession& session, const ApiFlags& flags, const AuditFlags& audit) {
  const auto page = session.call("GET", "/audit?limit=" + std::to_string(audit.limit) + query_of(audit));
  if (!page) return Err{page.error()};
  if (flags.json) {
    print_json(*page);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::value& line : page->as_object().at("items").as_array()) {
    rows.push_back({cell(line, "at"), cell(line, "actor"), cell(line, "address"), cell(line, "action"),
                    cell(line, "subject"), cell(line, "revision")});
  }
  print_table({"AT", "ACTOR", "ADDRESS", "ACTION", "SUBJECT", "REVISION"}, rows);
  return {};
}

CommandResult<void> export_lines(ApiSession& session, const AuditFlags& audit) {
  std::string query = query_of(audit);
  if (!query.empty()) query.front() = '?';
  std::ofstream file;
  if (!audit.output.empty()) {
    file.open(audit.output, std::ios::binary | std::ios::trunc);
    if (!file) return Err{CommandError{audit.output + ": cannot be written"}};
  }
  std::ostream& out = audit.output.empty() ? std::cout : file;
  const auto done = session.download((audit.csv ? "/audit.csv" : "/audit.jsonl") + query, [&](std::string_view piece) {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    return out.good();
  });
  if (!done) return done;
  out.flush();
  if (!out) return Err{CommandError{audit.output + ": cannot be written"}};
  return {};
}

// ID:HASH, as verify prints it.
std::optional<KnownAuditLine> parse_known(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon > 18) return std::nullopt;
  const auto hash = KeyDigest::parse_hex(text.substr(colon + 1));
  if (!hash || text.find_first_not_of("0123456789") != colon) return std::nullopt;
  return KnownAuditLine{std::stoull(text.substr(0, colon)), *hash};
}

int verify(const AuditFlags& flags) {
  const auto path = store_path(flags.data_dir);
  if (!path) return fail_command(path.error());
  std::optional<KnownAuditLine> known;
  if (!flags.known.empty()) {
    known = parse_known(flags.known);
    if (!known) return fail_command("--known: ID:HASH is expected, as verify prints it");
  }
  const auto verdict = verify_audit_log(*path, known);
  if (!verdict) return fail_command(verdict.error().message);
  if (verdict->wrong) {
    std::cout << "line " << verdict->wrong->id << " " << verdict->wrong->what << '\n';
    return kExitDenied;
  }
  std::cout << verdict->newest << " lines, all as they were written\n"
            << verdict->newest << ":" << verdict->hash.hex() << '\n';
  return kExitOk;
}

}  // namespace

void add_audit_commands(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<ApiFlags>();
  const auto audit = std::make_shared<AuditFlags>();
  CLI::App* group = app.add_subcommand("audit", "Who changed what, newest first; export, verify");
  group->require_subcommand(0, 1);
  add_api_flags(*group, flags);
  group->add_option("--account", audit->filter["account_id"], "only this account");
  group->add_option("--actor", audit->filter["actor"], "only by this one: token:tok_…, person:per_…");
  group->add_option("--action", audit->filter["action"], "only this: key.create, or key.* for all that begin so");
  group->add_option("--subject", audit->filter["subject"], "only about this id");
  group->add_option("--outcome", audit->filter["outcome"], "only what was done, or what was denied: done, denied")
      ->check(CLI::IsMember({"done", "denied"}));
  group->add_option("--from", audit->filter["from"], "at this time or later: 2026-12-31T00:00:00Z");
  group->add_option("--until", audit->filter["until"], "before this time");
  group->add_option("--limit", audit->limit, "how many lines (default 50)")->check(CLI::Range(1, 1000));
  group->callback([group, flags, audit, &exit_code] {
    if (!group->get_subcommands().empty()) return;
    auto session = ApiSession::open(*flags);
    if (!session) {
      exit_code = fail_command(session.error().text);
      return;
    }
    const auto shown = show(*session, *flags, *audit);
    if (!shown) exit_code = fail_command(shown.error().text);
  });
  CLI::App* lines =
      add_api_leaf(*group, "export", "Every line that the filters find, as JSON lines or CSV", flags, exit_code,
                   [audit](ApiSession& session, const ApiFlags&) { return export_lines(session, *audit); });
  lines->add_flag("--csv", audit->csv, "CSV instead of JSON lines");
  lines->add_option("-o,--output", audit->output, "into this file");
  CLI::App* check = group->add_subcommand("verify", "Follow the chain of the log in the store itself; needs no daemon");
  check->add_option("--data-dir", audit->data_dir, "the data directory (or KEYFENCE_DATA_DIR)");
  check->add_option("--known", audit->known, "ID:HASH that verify printed before, and was kept elsewhere");
  check->callback([audit, &exit_code] { exit_code = verify(*audit); });
}

}  // namespace keyfence
