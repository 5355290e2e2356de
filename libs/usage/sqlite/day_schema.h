#pragma once

#include <cstdint>

#include "libs/base/clock.h"
#include "libs/usage/usage_record.h"

// One file holds one day (UTC) of the usage log. docs/usage-log.md tells the schema.
namespace keyfence::usage_sqlite {

inline constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
inline constexpr int kIdTieBits = 10;  // with them an id has 47 bits, for which SQLite takes 6 bytes and not 8
inline constexpr std::int32_t kApplicationId = 0x4B465531;  // "KFU1"
inline constexpr std::int64_t kFileVersion = 3;
// Has no parts: SQLite's own indices of the records hold the day in one piece. Read and written on as it is.
inline constexpr std::int64_t kFileVersionWithoutParts = 2;
// Texts stand once in a dictionary, until it is full. Paths may take half of it, and only short ones: whoever asks for
// many paths that are not there must not take the room of user agents.
inline constexpr std::int64_t kDictionaryEntriesMax = 65'536;
inline constexpr std::int64_t kDictionaryPathsMax = 32'768;
inline constexpr std::size_t kDictionaryPathBytesMax = 64;

[[nodiscard]] constexpr std::uint64_t day_of(Timestamp t) noexcept {
  return t.micros <= 0 ? 0 : static_cast<std::uint64_t>(t.micros / kMicrosPerDay);
}
// A record's id is the microsecond of its day, then bits that tell apart what arrived in the same one: ids are in order
// of time, so that every index of the file is in order of time too.
[[nodiscard]] constexpr std::uint64_t first_id_at(Timestamp t) noexcept {
  return t.micros <= 0 ? 0 : static_cast<std::uint64_t>(t.micros % kMicrosPerDay) << kIdTieBits;
}
inline constexpr std::uint64_t kIdEnd = static_cast<std::uint64_t>(kMicrosPerDay) << kIdTieBits;

inline constexpr std::size_t kRequestIdTimeBytes = 6;
// The first bytes of a request id that arrived at t: its millisecond, most significant byte first.
[[nodiscard]] constexpr std::uint8_t request_id_time_byte(Timestamp t, std::size_t index) noexcept {
  return static_cast<std::uint8_t>(static_cast<std::uint64_t>(t.micros / 1000) >>
                                   (8 * (kRequestIdTimeBytes - 1 - index)));
}
[[nodiscard]] constexpr bool begins_with_time(const RequestId& id, Timestamp t) noexcept {
  for (std::size_t i = 0; i < kRequestIdTimeBytes; ++i) {
    if (id[i] != request_id_time_byte(t, i)) return false;
  }
  return true;
}

// From this status on a record is in the index of errors.
inline constexpr std::uint16_t kErrorStatusMin = 400;

// What a decision and its circumstances are in one integer of a row, lowest bits first.
struct Verdict {
  static constexpr int kReasonShift = 1;  // bit 0: allowed
  static constexpr int kLayerShift = 6;
  static constexpr int kWouldDenyShift = 8;
  static constexpr int kWouldDenyLayerShift = 13;
  static constexpr int kNoteShift = 15;
  static constexpr int kTruncatedShift = 17;
};

}  // namespace keyfence::usage_sqlite
