#include <iostream>

#include "apps/keyfence/api_commands.h"
#include "apps/keyfence/commands.h"

namespace keyfence {
namespace {

namespace json = boost::json;

struct DecideFlags {
  std::string key;
  std::string address;
  std::vector<std::string> scopes;
  std::string at;
};

void print_decision(const json::value& decision) {
  print_fields({{"outcome", cell(decision, "outcome")},
                {"reason", cell(decision, "reason")},
                {"status", cell(decision, "status")},
                {"key", cell(decision, "key_id")},
                {"account", cell(decision, "account_id")},
                {"would deny", cell(decision, "would_deny")},
                {"missing scopes", cell(decision, "missing_scopes")},
                {"revision", cell(decision, "revision")}});
  const json::value* layers = decision.as_object().if_contains("layers");
  if (layers == nullptr) return;
  std::vector<std::vector<std::string>> rows;
  for (const json::value& layer : layers->as_array()) {
    const json::value& entry = layer.as_object().at("entry");
    rows.push_back({cell(layer, "layer"), cell(layer, "mode"), cell(layer, "verdict"), cell(entry, "canonical"),
                    cell(entry, "label")});
  }
  std::cout << '\n';
  print_table({"LIST", "MODE", "VERDICT", "ENTRY", "LABEL"}, rows);
}

CommandResult<bool> decide(ApiSession& session, const ApiFlags& flags, const DecideFlags& question) {
  json::object body;
  if (question.key.substr(0, 4) == "key_") {
    body["key_id"] = question.key;
  } else if (question.key == "-") {
    std::string key;
    std::getline(std::cin, key);
    body["key"] = key;
  } else {
    body["key"] = question.key;
  }
  if (!question.address.empty()) body["address"] = question.address;
  if (!question.scopes.empty()) body["scopes"] = json::array(question.scopes.begin(), question.scopes.end());
  if (!question.at.empty()) body["at"] = question.at;
  const auto decision = session.call("POST", "/decisions?explain=true", body);
  if (!decision) return Err{decision.error()};
  if (flags.json) {
    print_json(*decision);
  } else {
    print_decision(*decision);
  }
  return cell(*decision, "outcome") == "allow";
}

CommandResult<void> status(ApiSession& session, const ApiFlags& flags) {
  const auto answer = session.call("GET", "/status");
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
    return {};
  }
  const json::value& image = answer->as_object().at("image");
  print_fields({{"version", cell(*answer, "version")},
                {"ready", cell(*answer, "ready") == "true" ? "yes" : "no"},
                {"store revision", cell(*answer, "store_revision")},
                {"image revision", cell(image, "revision")},
                {"image generation", cell(image, "generation")},
                {"keys", cell(image, "keys")},
                {"accounts", cell(image, "accounts")},
                {"image bytes", cell(image, "reserved_bytes")},
                {"failure", cell(*answer, "publisher_failure")},
                {"started", cell(*answer, "started_at")}});
  const json::value& usage = answer->as_object().at("usage");
  if (usage.is_null()) return {};
  print_fields({{"log stored", cell(usage, "stored")},
                {"log backlog", cell(usage, "backlog_bytes")},
                {"log dropped", cell(usage, "dropped")},
                {"log damaged", cell(usage, "damaged")},
                {"log bytes", cell(usage, "bytes")},
                {"log oldest", cell(usage, "oldest_at")},
                {"log failure", cell(usage, "failure")},
                {"log set aside", cell(usage, "files_set_aside")}});
  for (const json::value& gateway : usage.at("gateways").as_array()) {
    std::cout << '\n';
    print_fields({{"gateway", cell(gateway, "name")},
                  {"last request", cell(gateway, "last_at")},
                  {"decided by revision", cell(gateway, "last_revision")},
                  {"stored", cell(gateway, "stored")},
                  {"waiting bytes", cell(gateway, "backlog_bytes")},
                  {"dropped", cell(gateway, "dropped")},
                  {"workers writing", cell(gateway, "workers")}});
  }
  return {};
}

}  // namespace

void add_question_commands(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<ApiFlags>();
  const auto question = std::make_shared<DecideFlags>();
  CLI::App* asking =
      add_api_leaf(app, "decide", "Ask the daemon for a decision, and why", flags, exit_code,
                   [question, &exit_code](ApiSession& session, const ApiFlags& f) -> CommandResult<void> {
                     const auto allowed = decide(session, f, *question);
                     if (!allowed) return Err{allowed.error()};
                     exit_code = *allowed ? kExitOk : kExitDenied;
                     return {};
                   });
  add_api_flags(*asking, flags);
  asking->add_option("key", question->key, "a key's id, its secret, or - for a secret on standard input")->required();
  asking->add_option("address", question->address, "the client address; without one it is unknown");
  asking->add_option("--scope", question->scopes, "a scope that the route requires; may be repeated");
  asking->add_option("--at", question->at, "when: 2026-12-31T00:00:00Z");

  add_api_flags(*add_api_leaf(app, "status", "How the daemon, its store and its image stand", flags, exit_code, status),
                flags);
}

}  // namespace keyfence
