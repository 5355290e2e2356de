#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "libs/store/sqlite/failure.h"

// What reads have in common: rows of a statement as values.
namespace keyfence::sqlite {

// Ids are compared as SQLite's signed integers.
[[nodiscard]] inline std::int64_t clamped(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(value, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

constexpr std::size_t kRowsExpected = 24;  // a key's list

template <class Row>
[[nodiscard]] std::vector<Row> all(Rows rows, Row (*read)(const Rows&)) {
  std::vector<Row> out;
  while (rows.next()) {
    if (out.empty()) out.reserve(kRowsExpected);
    out.push_back(read(rows));
  }
  return out;
}

template <class Row>
[[nodiscard]] std::optional<Row> at_most_one(Rows rows, Row (*read)(const Rows&)) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

// The one number that a count answers.
[[nodiscard]] inline std::size_t count_of(Rows rows) {
  return rows.next() ? static_cast<std::size_t>(rows.integer(0)) : 0;
}

}  // namespace keyfence::sqlite
