#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/admin/json/object_reader.h"
#include "libs/policy/policy.h"

// Members that several resources share, read and judged.
namespace keyfence {

inline constexpr std::size_t kNameCharactersMax = 100;
inline constexpr std::size_t kDescriptionCharactersMax = 500;

// 1 to kNameCharactersMax characters without control characters, spaces at both ends dropped.
std::optional<std::string> read_name(ObjectReader& reader, Presence presence);
// At most kDescriptionCharactersMax characters; of control characters only tab and line feed.
std::optional<std::string> read_description(ObjectReader& reader);
// Sorted, without repeats; at most kScopesPerKeyMax.
std::optional<std::vector<std::string>> read_scopes(ObjectReader& reader);
// Present and null reads as an inner nullopt.
std::optional<std::optional<ErrorStyle>> read_nullable_error_style(ObjectReader& reader);

inline constexpr std::string_view kErrorStyles = "one of envelope, flat, problem";
inline constexpr std::string_view kListModes = "one of enforce, monitor, off";
inline constexpr std::string_view kWhenEmpties = "allow or deny";

// How a secret begins and ends, for people who look for it: kf_3xQ…9aTz.
[[nodiscard]] std::string hint_of(std::string_view secret);

}  // namespace keyfence
