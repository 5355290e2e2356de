#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libs/admin/entries.h"
#include "libs/policy/policy.h"

namespace keyfence {

// Accounts, keys and lists as a file says they shall be. docs/declared.md has the form.
//
// Shape    What a list, account or key does not say has its default, but for lists that are not named at all: those
//          stay as they stand. pointer: where in the document it is, for errors.
struct DeclaredList {
  std::string pointer;
  ListMode mode = ListMode::kEnforce;
  WhenEmpty when_empty = WhenEmpty::kAllow;
  std::vector<EntryInput> entries;
};

struct DeclaredKey {
  std::string pointer;
  std::optional<KeyId> id;
  std::string name;
  std::string description;
  std::vector<std::string> scopes;
  std::optional<UnixSeconds> expires_at;
  KeyState state = KeyState::kActive;
  std::optional<KeyDigest> digest;
  std::optional<DeclaredList> allowlist;
};

struct DeclaredAccount {
  std::string pointer;
  std::optional<AccountId> id;
  std::string name;
  AccountState state = AccountState::kActive;
  std::optional<ErrorStyle> error_style;
  std::optional<DeclaredList> allowlist;
  std::vector<DeclaredKey> keys;
};

struct Declaration {
  Revision settings;                      // of the instance, that its lists were judged by
  std::optional<DeclaredList> allowlist;  // the global one
  std::vector<DeclaredAccount> accounts;
};

inline constexpr std::int64_t kDeclarationVersion = 1;

// Errors   422 with every wrong member, and with what the limits refuse.
[[nodiscard]] Result<Declaration, Problem> read_declaration(const boost::json::value& body,
                                                            const InstanceRow& instance);

enum class Digests : std::uint8_t { kLeftOut, kWritten };
inline constexpr std::size_t kDeclaredKeysMax = 50'000;
// The instance as such a document. 413 too_large beyond kDeclaredKeysMax keys: that is what backups are for.
[[nodiscard]] Result<boost::json::object, Problem> declare_instance(StoreReader& store, Digests digests);

}  // namespace keyfence
