#include "libs/base/clock.h"

#include <chrono>

namespace keyfence {
namespace {

constexpr std::int64_t kMicros = 1'000'000;

// The calendar date and time of day of t.
struct Civil {
  int year, month, day, hour, minute, second, micros;
};

Civil civil(Timestamp t) {
  using namespace std::chrono;
  const sys_time<microseconds> moment{microseconds{t.micros}};
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss time{moment - day};
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<int>(time.subseconds().count())};
}

// Reads exactly count decimal digits at text[at...]; -1 if they are not there.
int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Writes value as exactly count digits at text[at...].
void put_digits(std::string& text, std::size_t at, std::size_t count, int value) noexcept {
  for (std::size_t i = at + count; i > at; value /= 10) text[--i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string rfc3339(Timestamp t) {
  const Civil c = civil(t);
  std::string text = "0000-00-00T00:00:00.000000Z";
  put_digits(text, 0, 4, c.year);
  put_digits(text, 5, 2, c.month);
  put_digits(text, 8, 2, c.day);
  put_digits(text, 11, 2, c.hour);
  put_digits(text, 14, 2, c.minute);
  put_digits(text, 17, 2, c.second);
  put_digits(text, 20, 6, c.micros);
  return text;
}

std::string rfc3339(UnixSeconds s) {
  std::string text = rfc3339(to_timestamp(s));
  text.replace(text.size() - 8, 8, "Z");
  return text;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept {
  if (text.size() < 20 || text.size() > 32) return std::nullopt;
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  const bool separators =
      text[4] == '-' && text[7] == '-' && (text[10] == 'T' || text[10] == 't') && text[13] == ':' && text[16] == ':';
  if (!separators || year < 1970 || year > 2106 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (text[at] == '.') {
    ++at;
    std::int64_t unit = kMicros / 10;
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      fraction += (text[at] - '0') * unit;
      unit /= 10;
      ++at;
    }
    if (at == start || at - start > 6) return std::nullopt;
  }
  std::int64_t offset_minutes = 0;
  if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    ++at;
  } else if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const int offset_hour = digits(text, at + 1, 2);
    const int offset_minute = digits(text, at + 4, 2);
    if (offset_hour < 0 || offset_hour > 23 || offset_minute < 0 || offset_minute > 59 || text[at + 3] != ':') {
      return std::nullopt;
    }
    offset_minutes = (text[at] == '-' ? -1 : 1) * (offset_hour * 60 + offset_minute);
    at += 6;
  } else {
    return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  const std::int64_t day_count = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds = day_count * 86'400 + hour * 3600 + minute * 60 + second - offset_minutes * 60;
  if (seconds < 0 || seconds > 0xFFFFFFFFLL) return std::nullopt;
  return Timestamp{seconds * kMicros + fraction};
}

Timestamp SystemClock::now() const noexcept {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Timestamp{std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

}  // namespace keyfence
