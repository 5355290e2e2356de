#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace keyfence::nginx {

// The credential in a query string: found by the decoded name, so that "api%5Fkey" hides nothing from the fence that
// the upstream would read.
//
// Shape    Arguments are parted by '&', name and value by the first '='. Percent sequences are decoded; '+' stands for
//          itself (a key holds no spaces).
// Errors   None thrown; see the functions.
// Cost     Linear in the query; allocates nothing.

enum class QueryCredential { kAbsent, kSingle, kRepeated };

struct QueryArgument {
  QueryCredential state = QueryCredential::kAbsent;
  std::string_view raw_value;  // of the only one; not decoded
};

// The argument of this name.
[[nodiscard]] QueryArgument find_argument(std::string_view query, std::string_view name) noexcept;

// Decodes into buffer; nullopt for a broken percent sequence, or if the buffer is too small.
[[nodiscard]] std::optional<std::string_view> percent_decode(std::string_view raw, std::span<char> buffer) noexcept;

// Copies the query without the arguments of this name, the others byte for byte; returns the length. out has room for
// query.size() bytes, and may be where query begins.
[[nodiscard]] std::size_t remove_argument(std::string_view query, std::string_view name, char* out) noexcept;

}  // namespace keyfence::nginx
