#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/admin/change.h"

namespace keyfence {

// The list that a path names, as its rows stand.
struct ListTarget {
  ListRow list;
  std::optional<AccountId> account;  // whose it is; nullopt: the operator's
  std::string subject;               // for the audit log: "global", "acc_…", "key_…"
  std::string path;                  // /api/v1/keys/key_…/allowlist
};

// Which kind of list a path names.
[[nodiscard]] Layer layer_of_path(const Call& call) noexcept;
// Errors   404 for what is not there and for what is another account's.
[[nodiscard]] Result<ListTarget, Problem> find_list(StoreReader& store, const Call& call);
// The list alone: an operator's look-up of a key's list need not ask whose key it is.
[[nodiscard]] Result<ListRow, Problem> find_list_to_read(StoreReader& store, const Call& call);

// 403 sign_in_again where the mode of the global list would change, which decides over every request of the instance,
// and the password was given too long ago.
[[nodiscard]] std::optional<Problem> refuse_unconfirmed_mode(const Call& call, const ListRow& before, ListMode after);

struct ListOutcome {
  std::size_t entry_count = 0;
  WhenEmpty when_empty = WhenEmpty::kDeny;
};
// 409 would_open_list where a change leaves the list without entries and open, which it was not, and the caller did
// not confirm that.
[[nodiscard]] std::optional<Problem> refuse_opening(const Call& call, const ListRow& before, ListOutcome after);

// The list with all of its entries for the audit log; of a list longer than kAuditedEntriesMax the number alone.
inline constexpr std::size_t kAuditedEntriesMax = 1'000;
[[nodiscard]] Result<boost::json::object, Problem> view_for_audit(StoreReader& store, const ListRow& list);

// A change of a list for the audit log: its settings on both sides, and of its entries those that the change touches;
// without these where there are more than kAuditedEntriesMax of them.
struct ListSide {
  const ListRow& list;
  const std::vector<EntryRow>& touched;
};
struct ListTexts {
  std::string before;
  std::string after;
};
[[nodiscard]] ListTexts texts_for_audit(ListSide before, ListSide after);

}  // namespace keyfence
