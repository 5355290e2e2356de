#pragma once

#include <string_view>

#include "libs/base/strong_id.h"

namespace keyfence {

struct AccountTag {
  static constexpr std::string_view kPrefix = "acc_";
};
struct KeyTag {
  static constexpr std::string_view kPrefix = "key_";
};
struct EntryTag {
  static constexpr std::string_view kPrefix = "ent_";
};
struct TokenTag {
  static constexpr std::string_view kPrefix = "tok_";
};

using AccountId = StrongId<AccountTag>;
using KeyId = StrongId<KeyTag>;
using EntryId = StrongId<EntryTag>;
using TokenId = StrongId<TokenTag>;

// Grows by one with every change of policy; 0 is "no policy yet".
struct Revision {
  std::uint64_t value = 0;
  friend constexpr auto operator<=>(Revision, Revision) noexcept = default;
};

}  // namespace keyfence
