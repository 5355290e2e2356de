#pragma once

#include <optional>
#include <vector>

#include "libs/policy/policy.h"
#include "libs/store/rows.h"

namespace keyfence {

// A change of an account's or the global list, as what is different: such lists are too long to repeat whole.
struct ListDelta {
  ListRef ref;
  ListMode mode = ListMode::kEnforce;
  WhenEmpty when_empty = WhenEmpty::kAllow;
  bool replaces_all = false;  // drop what stands, then upsert
  std::vector<PolicyEntry> upserted;
  std::vector<EntryId> removed;
};

// What one revision changes in the policy: enough to bring an image from the revision before to this one.
struct PolicyChange {
  Revision revision;
  std::optional<ErrorStyle> instance_error_style;
  std::vector<AccountPolicy> accounts;  // new or changed; their allowlist is empty here, see lists
  std::vector<AccountId> removed_accounts;
  std::vector<KeyPolicy> keys;             // new or changed, whole, list included
  std::vector<KeyDigest> removed_digests;  // deleted keys, and the old digest of a rotated one
  std::vector<ListDelta> lists;            // global and accounts' only
};

// The canonical body of a change: one line of JSON with a fixed order of members, and its reading. A body that is not
// canonical JSON of a PolicyChange reads as nullopt.
[[nodiscard]] std::string to_body(const PolicyChange& change);
[[nodiscard]] std::optional<PolicyChange> parse_body(std::string_view body);

struct ChangeRow {
  Revision revision;
  Timestamp at;
  std::string body;
  KeyDigest sha256;  // of body
};

}  // namespace keyfence
