#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <stdexcept>
#include <string>

#include "libs/image/writer.h"
#include "libs/net/entry_syntax.h"
#include "libs/policy/presented_key.h"

// Writes policy images for tests, without a daemon: policy_image DIR. Reads commands from standard input, one JSON
// object a line (tests/e2e/lib/policy.ts has their shape), and answers each with "ok GENERATION" or "error: WHY".

namespace json = boost::json;

namespace keyfence {
namespace {

std::string_view text_of(const json::value& value) {
  const json::string& text = value.as_string();
  return {text.data(), text.size()};
}

template <class T, class Parse>
T named(const json::object& from, std::string_view member, T when_absent, Parse parse) {
  const json::value* const value = from.if_contains(member);
  if (value == nullptr) return when_absent;
  const auto parsed = parse(text_of(*value));
  if (!parsed) throw std::runtime_error("no such " + std::string(member) + ": " + std::string(text_of(*value)));
  return *parsed;
}

std::optional<UnixSeconds> expiry(const json::object& from) {
  const json::value* const value = from.if_contains("expires_at");
  if (value == nullptr) return std::nullopt;
  return UnixSeconds{value->to_number<std::uint32_t>()};
}

IpRange range_of(std::string_view text) {
  const auto parsed = parse_entry(text);
  if (!parsed.ok()) throw std::runtime_error(std::string(text) + ": " + parsed.error().message);
  return parsed->range;
}

PolicyEntry entry_of(const json::value& from, std::uint64_t id) {
  if (from.is_string()) return {EntryId(id), range_of(text_of(from)), EntryState::kEnabled, std::nullopt};
  const json::object& entry = from.as_object();
  const json::value* const state = entry.if_contains("state");
  const bool disabled = state != nullptr && text_of(*state) == "disabled";
  return {EntryId(id), range_of(text_of(entry.at("range"))), disabled ? EntryState::kDisabled : EntryState::kEnabled,
          expiry(entry)};
}

Allowlist list_of(const json::object& owner) {
  Allowlist list;
  list.when_empty = WhenEmpty::kAllow;
  const json::value* const member = owner.if_contains("allowlist");
  if (member == nullptr) return list;
  const json::object& from = member->as_object();
  list.mode = named(from, "mode", ListMode::kEnforce, parse_list_mode);
  list.when_empty = named(from, "when_empty", WhenEmpty::kAllow, parse_when_empty);
  if (const json::value* const entries = from.if_contains("entries")) {
    for (const json::value& entry : entries->as_array())
      list.entries.push_back(entry_of(entry, list.entries.size() + 1));
  }
  return list;
}

InstancePolicy instance_of(const json::object& from) {
  return {named(from, "error_style", ErrorStyle::kEnvelope, parse_error_style), list_of(from)};
}

AccountPolicy account_of(const json::object& from) {
  AccountPolicy account;
  account.id = AccountId(from.at("id").to_number<std::uint64_t>());
  account.state = named(from, "state", AccountState::kActive, parse_account_state);
  if (from.contains("error_style")) account.error_style = named(from, "error_style", ErrorStyle(), parse_error_style);
  account.allowlist = list_of(from);
  return account;
}

KeyPolicy key_of(const json::object& from) {
  KeyPolicy key;
  key.id = KeyId(from.at("id").to_number<std::uint64_t>());
  key.account = AccountId(from.at("account").to_number<std::uint64_t>());
  key.digest = sha256(text_of(from.at("secret")));
  key.state = named(from, "state", KeyState::kActive, parse_key_state);
  key.expires_at = expiry(from);
  if (const json::value* const scopes = from.if_contains("scopes")) {
    for (const json::value& scope : scopes->as_array()) key.scopes.emplace_back(text_of(scope));
    std::sort(key.scopes.begin(), key.scopes.end());
  }
  key.allowlist = list_of(from);
  return key;
}

void must(const Result<void, ImageWriteError>& result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
}

void build(ImageWriter& writer, const json::object& command, Revision revision) {
  const json::array none;
  const json::value* const accounts_member = command.if_contains("accounts");
  const json::value* const keys_member = command.if_contains("keys");
  const json::array& accounts = accounts_member != nullptr ? accounts_member->as_array() : none;
  const json::array& keys = keys_member != nullptr ? keys_member->as_array() : none;
  const json::value* const instance = command.if_contains("instance");
  must(writer.begin_build(keys.size(), accounts.size()));
  must(writer.build_instance(instance_of(instance != nullptr ? instance->as_object() : json::object())));
  for (const json::value& account : accounts) must(writer.build_account(account_of(account.as_object())));
  for (const json::value& key : keys) must(writer.build_key(key_of(key.as_object())));
  must(writer.publish(revision));
}

void run(ImageWriter& writer, const json::object& command) {
  const std::string_view op = text_of(command.at("op"));
  const Revision revision{command.at("revision").to_number<std::uint64_t>()};
  if (op == "build") return build(writer, command, revision);
  if (op == "put_instance") {
    must(writer.put_instance(instance_of(command.at("instance").as_object())));
  } else if (op == "put_account") {
    must(writer.put_account(account_of(command.at("account").as_object())));
  } else if (op == "put_key") {
    must(writer.put_key(key_of(command.at("key").as_object())));
  } else if (op == "remove_key") {
    must(writer.remove_key(sha256(text_of(command.at("secret")))));
  } else {
    throw std::runtime_error("no such op: " + std::string(op));
  }
  must(writer.advance(revision));
}

int serve(const std::string& dir) {
  ImageOptions options;
  options.dir = dir;
  // nginx that is started by root runs its workers as www-data.
  if (geteuid() == 0 && getgrnam("www-data") != nullptr) options.reader_group = "www-data";
  auto writer = ImageWriter::open(std::move(options));
  if (!writer.ok()) {
    std::cerr << writer.error().message << '\n';
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    try {
      run(*writer, json::parse(line).as_object());
      std::cout << "ok " << writer->stats().generation << std::endl;
    } catch (const std::exception& problem) {
      std::cout << "error: " << problem.what() << std::endl;
    }
  }
  return 0;
}

}  // namespace
}  // namespace keyfence

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: policy_image DIR\n";
    return 2;
  }
  return keyfence::serve(arguments[1]);
}
