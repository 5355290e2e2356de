#include "libs/usage/sqlite/day_index.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace keyfence::usage_sqlite {
namespace {

// A part of so many rows, or of that fraction of the day, whichever is more.
constexpr std::uint64_t kPartRowsMin = 65'536;
constexpr std::uint64_t kPartsToTheDay = 128;

// One entry, and eight of one part at a time: to begin and end a statement costs more than the entry.
constexpr std::size_t kManyEntries = 8;
#define KF_ONE " VALUES (?1, ?2, ?3)"
#define KF_MANY                                                                                                     \
  " VALUES (?1, ?2, ?3), (?1, ?4, ?5), (?1, ?6, ?7), (?1, ?8, ?9), (?1, ?10, ?11), (?1, ?12, ?13), (?1, ?14, ?15)," \
  " (?1, ?16, ?17)"

}  // namespace

DayIndex::DayIndex(sql::Connection& connection)
    : parts_sql_(connection, "SELECT part, first, rows FROM parts ORDER BY part"),
      newest_(connection, "SELECT max(id) FROM records"),
      add_part_(connection, "INSERT INTO parts VALUES (?1, ?2, 0)"),
      count_part_(connection, "UPDATE parts SET rows = rows + ?2 WHERE part = ?1"),
      add_by_key_{{connection, "INSERT INTO by_key" KF_ONE}, {connection, "INSERT INTO by_key" KF_MANY}},
      add_by_key_error_{{connection, "INSERT INTO by_key_errors" KF_ONE},
                        {connection, "INSERT INTO by_key_errors" KF_MANY}},
      add_by_account_{{connection, "INSERT INTO by_account" KF_ONE}, {connection, "INSERT INTO by_account" KF_MANY}},
      remove_by_key_(connection, "DELETE FROM by_key WHERE part <= ?1 AND record < ?2"),
      remove_by_key_errors_(connection, "DELETE FROM by_key_errors WHERE part <= ?1 AND record < ?2"),
      remove_by_account_(connection, "DELETE FROM by_account WHERE part <= ?1 AND record < ?2") {}

void DayIndex::load_parts() {
  parts_.clear();
  rows_ = 0;
  auto rows = parts_sql_.query();
  while (rows.next()) {
    parts_.push_back({rows.integer(0), rows.id(1), rows.id(2), 0});
    rows_ += parts_.back().rows;
  }
}

// Before the first record of a transaction. A part begins after every record that there is: what arrives late goes to
// the part that its time belongs to.
void DayIndex::begin() {
  if (parts_.empty()) load_parts();
  if (!parts_.empty() && parts_.back().rows < std::max(kPartRowsMin, rows_ / kPartsToTheDay)) return;
  std::uint64_t first = 0;
  if (!parts_.empty()) {
    auto rows = newest_.query();
    if (rows.next() && !rows.is_null(0)) first = rows.id(0) + 1;
    if (first <= parts_.back().first) return;
  }
  const std::int64_t number = parts_.empty() ? 1 : parts_.back().number + 1;
  (void)add_part_.execute(number, first);
  parts_.push_back({number, first, 0, 0});
}

DayIndex::Part& DayIndex::part_of(std::uint64_t record) {
  if (record >= parts_.back().first) return parts_.back();
  const auto after = std::upper_bound(parts_.begin(), parts_.end(), record,
                                      [](std::uint64_t id, const Part& part) { return id < part.first; });
  return *std::prev(after);  // the first part begins at 0
}

void DayIndex::add(std::uint64_t record, std::optional<std::int64_t> key, std::optional<std::int64_t> account,
                   bool error) {
  Part& part = part_of(record);
  ++part.more;
  if (key) by_key_.push_back({part.number, *key, record});
  if (key && error) by_key_errors_.push_back({part.number, *key, record});
  if (account) by_account_.push_back({part.number, *account, record});
}

void DayIndex::write(std::vector<Entry>& entries, Insert& insert) {
  std::sort(entries.begin(), entries.end());  // so that each page is met once
  std::span<const Entry> rest(entries);
  while (!rest.empty()) {
    if (rest.size() < kManyEntries || rest[kManyEntries - 1].part != rest[0].part) {
      (void)insert.one.execute(rest[0].part, rest[0].owner, rest[0].record);
      rest = rest.subspan(1);
      continue;
    }
    const auto e = rest.first<kManyEntries>();
    (void)insert.many.execute(e[0].part, e[0].owner, e[0].record, e[1].owner, e[1].record, e[2].owner, e[2].record,
                              e[3].owner, e[3].record, e[4].owner, e[4].record, e[5].owner, e[5].record, e[6].owner,
                              e[6].record, e[7].owner, e[7].record);
    rest = rest.subspan(kManyEntries);
  }
  entries.clear();
}

void DayIndex::write() {
  write(by_key_, add_by_key_);
  write(by_key_errors_, add_by_key_error_);
  write(by_account_, add_by_account_);
  for (Part& part : parts_) {
    if (part.more == 0) continue;
    (void)count_part_.execute(part.number, part.more);
    part.rows += part.more;
    rows_ += part.more;
    part.more = 0;
  }
}

void DayIndex::forget() {
  parts_.clear();
  by_key_.clear();
  by_key_errors_.clear();
  by_account_.clear();
}

void DayIndex::remove_before(std::uint64_t record) {
  if (parts_.empty()) load_parts();
  if (parts_.empty()) return;
  const std::int64_t last = part_of(record).number;
  (void)remove_by_key_.execute(last, record);
  (void)remove_by_key_errors_.execute(last, record);
  (void)remove_by_account_.execute(last, record);
}

}  // namespace keyfence::usage_sqlite
