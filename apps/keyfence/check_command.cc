#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/keyfence/commands.h"
#include "apps/keyfence/settings.h"
#include "libs/image/reader.h"

namespace keyfence {
namespace {

enum class Output : std::uint8_t { kHuman, kJson };

struct CheckFlags {
  std::string key;
  std::string address;
  std::string policy_dir;
  std::vector<std::string> scopes;
  bool json = false;
};

void print(const Decision& decision, Output output) {
  const std::string_view outcome = decision.outcome == Outcome::kAllow ? "allow" : "deny";
  const auto id = [](const auto& value) { return value.value() != 0 ? value.text() : std::string(); };
  if (output == Output::kJson) {
    boost::json::object out{{"outcome", outcome},
                            {"status", http_status(decision.reason)},
                            {"reason", name(decision.reason)},
                            {"layer", name(decision.layer)},
                            {"key_id", id(decision.key)},
                            {"account_id", id(decision.account)},
                            {"revision", decision.revision.value}};
    if (decision.would_deny != Reason::kAllowed) out["would_deny"] = name(decision.would_deny);
    std::cout << boost::json::serialize(out) << '\n';
    return;
  }
  std::cout << outcome << "  " << name(decision.reason);
  if (decision.key.value() != 0) std::cout << "  " << decision.key.text();
  if (decision.would_deny != Reason::kAllowed) {
    std::cout << "  (a list in mode monitor would deny: " << name(decision.would_deny) << ")";
  }
  std::cout << "  revision " << decision.revision.value << '\n';
}

int run(const CheckFlags& flags) {
  std::string key = flags.key;
  if (key == "-") {
    key.clear();
    std::getline(std::cin, key);
  }
  const auto address = IpAddress::parse(flags.address);
  if (!address) return fail_command("not an address: " + flags.address);
  std::vector<ScopeTag> scopes;
  for (const std::string& scope : flags.scopes) {
    if (!is_scope_name(scope)) return fail_command("not a scope: " + scope);
    scopes.push_back(scope_tag(scope));
  }
  std::vector<WrittenSettings> layers(1);
  if (!flags.policy_dir.empty()) {
    layers.front().emplace("policy_dir", WrittenSetting{flags.policy_dir, "--policy-dir"});
  }
  layers.push_back(settings_of_environment(process_environment()));
  const auto settings = resolve_settings(layers);
  if (!settings) return fail_command(settings.error());

  guard_mapped_reads();
  ImageReader reader(settings->policy_dir);
  const Decision decision = reader.decide({.credential = read_presented_key(key),
                                           .address = address,
                                           .required_scopes = scopes,
                                           .now = to_seconds(SystemClock().now())});
  if (decision.reason == Reason::kNoPolicy) {
    const auto error = reader.last_error();
    return fail_command("no policy in " + settings->policy_dir.string() + ": " +
                        std::string(error ? name(*error) : "none was published"));
  }
  print(decision, flags.json ? Output::kJson : Output::kHuman);
  return decision.outcome == Outcome::kAllow ? kExitOk : kExitDenied;
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("check", "Decide from the policy image, without the daemon");
  const auto flags = std::make_shared<CheckFlags>();
  command->add_option("key", flags->key, "the key's secret; - reads it from standard input")->required();
  command->add_option("address", flags->address, "the client address")->required();
  command->add_option("--scope", flags->scopes, "a scope that the route requires; may be repeated");
  command->add_option("--policy-dir", flags->policy_dir, "where the image is (or KEYFENCE_POLICY_DIR)");
  command->add_flag("--json", flags->json, "print JSON");
  command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace keyfence
