#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libs/sqlite/connection.h"

namespace keyfence::usage_sqlite {

// Which of a day's records are of which key and account: the writing side.
//
// Shape    A day is cut into parts, each a span of ids, and an index is in order of part, then owner, then id. So what
//          is written at one time lies in one part, which stays in the page cache however large the day grows. A part
//          ends when it is large enough beside the day, so that a query has at most some hundred parts to ask.
// Errors   Throws sql::Failure.
// Threads  One.
class DayIndex {
 public:
  explicit DayIndex(sql::Connection& connection);

  // In a transaction: begin(), then add() for each of its records, then write().
  void begin();
  void add(std::uint64_t record, std::optional<std::int64_t> key, std::optional<std::int64_t> account, bool error);
  void write();
  // The transaction was rolled back.
  void forget();
  // Removes what is known of records before that one.
  void remove_before(std::uint64_t record);

 private:
  struct Part {
    std::int64_t number = 0;
    std::uint64_t first = 0;  // id; the part reaches to the first of the next one
    std::uint64_t rows = 0;
    std::uint64_t more = 0;  // rows noted and not written
  };
  struct Entry {
    std::int64_t part = 0;
    std::int64_t owner = 0;
    std::uint64_t record = 0;
    friend constexpr auto operator<=>(const Entry&, const Entry&) noexcept = default;
  };

  struct Insert {
    sql::Statement one, many;
  };

  void load_parts();
  [[nodiscard]] Part& part_of(std::uint64_t record);
  static void write(std::vector<Entry>& entries, Insert& insert);

  sql::Statement parts_sql_, newest_, add_part_, count_part_;
  Insert add_by_key_, add_by_key_error_, add_by_account_;
  sql::Statement remove_by_key_, remove_by_key_errors_, remove_by_account_;
  std::vector<Part> parts_;  // oldest first; empty: not loaded
  std::uint64_t rows_ = 0;   // of all parts
  std::vector<Entry> by_key_, by_key_errors_, by_account_;
};

}  // namespace keyfence::usage_sqlite
