#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/admin/problem.h"
#include "libs/base/clock.h"

namespace keyfence {

enum class Presence : std::uint8_t { kOptional, kRequired };

// Reads the members of one JSON object and collects everything that is wrong with them.
//
// Shape    One call per member that is known, then finish(), which reports the members that are not. A member that is
//          absent, or that is wrong and was reported, reads as nullopt.
// Errors   Into the list given: missing, wrong_type, unknown_member, and what each reader says.
class ObjectReader {
 public:
  ObjectReader(const boost::json::value& value, std::string pointer, std::vector<FieldError>& errors);

  [[nodiscard]] bool has(std::string_view member) const noexcept;  // present, null included
  [[nodiscard]] std::string pointer_to(std::string_view member) const;

  std::optional<std::string> text(std::string_view member, Presence presence = Presence::kOptional);
  std::optional<bool> boolean(std::string_view member);
  std::optional<std::int64_t> integer(std::string_view member, std::int64_t min, std::int64_t max);
  const boost::json::array* array(std::string_view member, Presence presence = Presence::kOptional);
  const boost::json::value* object(std::string_view member);
  // Present and null reads as an inner nullopt.
  std::optional<std::optional<std::int64_t>> nullable_integer(std::string_view member, std::int64_t min,
                                                              std::int64_t max);
  std::optional<std::optional<std::string>> nullable_text(std::string_view member);
  std::optional<std::optional<UnixSeconds>> expiry(std::string_view member);
  std::optional<Timestamp> time(std::string_view member);

  // A text of a fixed set; parse answers nullopt to others. allowed: "one of envelope, flat, problem".
  template <class E>
  std::optional<E> choice(std::string_view member, std::optional<E> (*parse)(std::string_view) noexcept,
                          std::string_view allowed) {
    const auto typed = text(member);
    if (!typed) return std::nullopt;
    auto value = parse(*typed);
    if (!value) report(member, "not_allowed", "must be " + std::string(allowed));
    return value;
  }

  void report(std::string_view member, std::string code, std::string message);
  void finish();

 private:
  const boost::json::value* take(std::string_view member, Presence presence);
  void wrong_type(std::string_view member, std::string_view wanted, const boost::json::value& found);

  const boost::json::object* object_ = nullptr;
  std::string pointer_;
  std::vector<FieldError>& errors_;
  std::vector<std::string_view> known_;
};

}  // namespace keyfence
