#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace keyfence {

// 13 digits of Crockford's base 32, lower case, most significant first: 64 bits as text that sorts like the number.
inline constexpr std::size_t kCrockfordDigits = 13;
void write_crockford(std::span<char, kCrockfordDigits> out, std::uint64_t value) noexcept;
void append_crockford(std::string& out, std::uint64_t value);
// Exactly 13 lower-case digits whose value fits 64 bits; anything else is nullopt.
[[nodiscard]] std::optional<std::uint64_t> parse_crockford(std::string_view digits) noexcept;

// The id of one kind of thing; ids of two kinds do not mix.
//
// Shape    63 bits, never 0 once made. As text the kind's prefix and 13 digits: key_0f3zk9t2m8w4q.
//          Tag::kPrefix is the prefix, such as "key_".
// Errors   parse() answers nullopt to any other text.
// Source   Crockford's base 32, without check symbol and without its aliases: an id has one spelling.
template <class Tag>
class StrongId {
 public:
  constexpr StrongId() noexcept = default;
  constexpr explicit StrongId(std::uint64_t value) noexcept : value_(value) {}

  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
  [[nodiscard]] std::string text() const {
    const auto chars = text_chars();
    return {chars.data(), chars.size()};
  }
  // The same for who must not allocate.
  [[nodiscard]] auto text_chars() const noexcept {
    constexpr std::string_view kPrefix = Tag::kPrefix;
    std::array<char, kPrefix.size() + kCrockfordDigits> out{};
    std::copy(kPrefix.begin(), kPrefix.end(), out.begin());
    write_crockford(std::span(out).template last<kCrockfordDigits>(), value_);
    return out;
  }
  [[nodiscard]] static std::optional<StrongId> parse(std::string_view text) noexcept {
    constexpr std::string_view kPrefix = Tag::kPrefix;
    if (text.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
    const auto value = parse_crockford(text.substr(kPrefix.size()));
    if (!value || *value == 0 || *value >> 63 != 0) return std::nullopt;
    return StrongId(*value);
  }

  friend constexpr auto operator<=>(StrongId, StrongId) noexcept = default;

 private:
  std::uint64_t value_ = 0;
};

// Makes ids that grow: 41 bits of milliseconds since 2024-01-01, then 22 random bits; within one millisecond the
// next id is the last one plus a small random step, so that ids made by one process never repeat.
//
// Threads  Safe.
class IdSource {
 public:
  [[nodiscard]] std::uint64_t next();

 private:
  std::mutex mutex_;
  std::uint64_t last_ = 0;
};

}  // namespace keyfence

template <class Tag>
struct std::hash<keyfence::StrongId<Tag>> {
  std::size_t operator()(keyfence::StrongId<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value()); }
};
