#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyfence {

// A moment, in microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
struct Timestamp {
  std::int64_t micros = 0;
  friend constexpr auto operator<=>(Timestamp, Timestamp) noexcept = default;
};

// A moment to the second, as the policy counts expiry: 0 to 2^32 - 1 (until 2106-02-07).
struct UnixSeconds {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(UnixSeconds, UnixSeconds) noexcept = default;
};

[[nodiscard]] constexpr UnixSeconds to_seconds(Timestamp t) noexcept {
  return UnixSeconds{static_cast<std::uint32_t>(t.micros / 1'000'000)};
}
[[nodiscard]] constexpr Timestamp to_timestamp(UnixSeconds s) noexcept {
  return Timestamp{std::int64_t{s.value} * 1'000'000};
}

// RFC 3339 in UTC: "2026-03-01T12:00:00.000000Z" and "2026-03-01T12:00:00Z".
[[nodiscard]] std::string rfc3339(Timestamp t);
[[nodiscard]] std::string rfc3339(UnixSeconds s);
// RFC 3339 with "Z" or a numeric offset and up to six fractional digits; nullopt for anything else, for dates that do
// not exist, and outside 1970 to 2106.
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const noexcept override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) noexcept : now_(start) {}
  [[nodiscard]] Timestamp now() const noexcept override { return now_; }
  void set(Timestamp t) noexcept { now_ = t; }

 private:
  Timestamp now_;
};

}  // namespace keyfence
