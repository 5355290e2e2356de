#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/policy/decision.h"

// One *.decision file as values: a policy and the cases that are asked of it. The format: tests/decisions/README.md.
namespace keyfence::decisions {

// A moment relative to "now", the moment at which the table is run.
using Offset = std::chrono::seconds;

struct EntrySpec {
  std::size_t line = 0;
  std::string text;  // as typed
  IpRange range = IpRange::all(IpFamily::kV4);
  std::string label;
  EntryState state = EntryState::kEnabled;
  std::optional<Offset> expires;
};

struct ListSpec {
  ListMode mode = ListMode::kEnforce;
  WhenEmpty when_empty = WhenEmpty::kAllow;  // the product's default
  std::vector<EntrySpec> entries;
};

struct AccountSpec {
  std::string name;
  AccountState state = AccountState::kActive;
  std::optional<ErrorStyle> error_style;
  ListSpec allowlist;
};

struct KeySpec {
  std::string name;
  std::string account;
  KeyState state = KeyState::kActive;
  std::optional<Offset> expires;
  std::vector<std::string> scopes;
  std::optional<std::string> secret;  // a secret of another form, imported by its digest; nullopt: one of our own
  ListSpec allowlist;
};

// What a case shows as its credential.
enum class Credential { kNone, kMistyped, kUnknown, kOfKey };

struct Case {
  std::size_t line = 0;
  Credential credential = Credential::kNone;
  std::string key;                   // the name, for kOfKey
  std::string address_text;          // as written
  std::optional<IpAddress> address;  // nullopt: unknown
  std::vector<std::string> requires_scopes;
  Offset at{0};

  Reason reason = Reason::kNoPolicy;
  Layer layer = Layer::kNone;
  Reason would_deny = Reason::kAllowed;
  Layer would_deny_layer = Layer::kNone;
  std::optional<ErrorStyle> style;  // of the refusal's body; nullopt where the request goes on
  std::string body;                 // the exact body, if the table spells it out
};

// An entry that a list must refuse, with the error's code.
struct RefusedEntry {
  std::size_t line = 0;
  Layer layer = Layer::kKey;
  std::string owner;  // account or key; empty for the global list
  std::string text;
  std::string code;
};

enum class PolicyPresence { kPublished, kNeverPublished };

struct DecisionTable {
  PolicyPresence presence = PolicyPresence::kPublished;
  ErrorStyle error_style = ErrorStyle::kEnvelope;
  ListSpec global;
  std::vector<AccountSpec> accounts;
  std::vector<KeySpec> keys;
  std::vector<RefusedEntry> refused;
  std::vector<Case> cases;
};

struct TableError {
  std::size_t line;  // from 1
  std::string message;
};

// Reads a whole file, strictly: an unknown section, setting, column, name or value, a repeated one, an entry that the
// product would refuse, and a table without cases are errors.
[[nodiscard]] Result<DecisionTable, TableError> parse_table(std::string_view text);

}  // namespace keyfence::decisions
