#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "libs/sqlite/connection.h"
#include "libs/usage/sqlite/group_totals.h"
#include "libs/usage/usage_store.h"

namespace keyfence::usage_sqlite {

// Part of a day, as ids: from <= id < until.
struct IdSpan {
  std::uint64_t from = 0;
  std::uint64_t until = 0;
};

// Reads one day's file. Throws sql::Failure.
// Threads  One at a time.
class DayReader {
 public:
  DayReader(const std::string& path, std::uint64_t day);

  // Newest first; answers false if the sink did.
  bool query(const UsageFilter& filter, IdSpan span, std::size_t limit,
             const std::function<bool(const StoredRecord&)>& sink);
  // Adds this day's totals to those of other days. Throws TooManyGroups beyond kGroupsMax.
  void add_totals(const UsageFilter& filter, IdSpan span, GroupBy group, std::chrono::seconds bucket,
                  GroupTotals& totals);
  // This day's evidence of one thing, if there is any.
  struct RawEvidence {
    Evidence evidence;
    std::optional<IpAddress> address;
  };
  std::optional<RawEvidence> evidence(int kind, std::uint64_t id);
  // Many look-ups at the cost of one: while it lives, the file is locked once.
  [[nodiscard]] sql::ReadSnapshot one_snapshot() { return sql::ReadSnapshot(connection_); }
  void all_evidence(const std::function<void(int kind, std::uint64_t id, const RawEvidence&)>& sink);

 private:
  struct Selection;  // the filter as parameters; nullopt where nothing of this day can match
  std::optional<Selection> select(const UsageFilter& filter, IdSpan span);
  std::optional<std::int64_t> id_reference(int kind, std::uint64_t id);
  void assign_text(const sql::Rows& row, int column, std::string& out);
  std::uint64_t id_of(std::int64_t reference);

  std::uint64_t day_;
  sql::Connection connection_;
  bool has_parts_;
  sql::Statement find_id_, find_text_, text_by_ref_, id_by_ref_, evidence_one_, evidence_all_;
  std::unordered_map<std::int64_t, std::string> texts_;
  std::unordered_map<std::int64_t, std::uint64_t> ids_;
};

}  // namespace keyfence::usage_sqlite
