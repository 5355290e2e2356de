#include "libs/usage/sqlite/day_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "libs/usage/sqlite/day_schema.h"
#include "libs/usage/sqlite/day_writer.h"

namespace keyfence::usage_sqlite {
namespace {

using Bytes = std::span<const std::uint8_t>;

// A statement is one of a few ways into the file, then the same tests of every member of the filter. The unary plus
// keeps the planner from choosing another way in; CROSS JOIN keeps it to the order that stands here. By parts, the
// newest first, is by id. The indexes of a file without parts are partial: their own conditions are repeated, as SQLite
// demands.
#define KF_ANY "FROM records NOT INDEXED WHERE id >= ?1 AND id < ?2"
#define KF_IN_PARTS(index, owner)                                            \
  "FROM parts CROSS JOIN " index                                             \
  " AS i CROSS JOIN records WHERE parts.first < ?2 AND i.part = parts.part " \
  "AND i.owner = " owner " AND i.record >= ?1 AND i.record < ?2 AND records.id = i.record"
#define KF_WHOLE_BY_ACCOUNT \
  "FROM records INDEXED BY by_account WHERE account IS NOT NULL AND account = ?3 AND id >= ?1 AND id < ?2"
#define KF_WHOLE_BY_KEY "FROM records INDEXED BY by_key WHERE key IS NOT NULL AND key = ?4 AND id >= ?1 AND id < ?2"
#define KF_WHOLE_BY_KEY_ERRORS                                                                               \
  "FROM records INDEXED BY by_key_errors WHERE key IS NOT NULL AND key = ?4 AND status >= 400 AND id >= ?1 " \
  "AND id < ?2"
#define KF_TESTS                                                                                            \
  " AND (?3 IS NULL OR +account = ?3) AND (?4 IS NULL OR +key = ?4) AND (?5 IS NULL OR method IN (?5, ?6))" \
  " AND +status >= ?7 AND +status <= ?8 AND (?9 IS NULL OR ((verdict >> 1) & 31) = ?9)"                     \
  " AND (?10 IS NULL OR ((verdict >> 6) & 3) = ?10)"                                                        \
  " AND (?11 IS NULL OR (length(address) = length(?11) AND address >= ?11 AND address <= ?12))"             \
  " AND (?13 IS NULL OR CASE typeof(path) WHEN 'integer'"                                                   \
  " THEN path IN (SELECT ref FROM texts WHERE substr(text, 1, length(?13)) = ?13)"                          \
  " ELSE substr(path, 1, length(?13)) = ?13 END) AND (?14 IS NULL OR request_id IN (?14, substr(?14, 7)))"
#define KF_SELECT                                                                                               \
  "SELECT id, request_id, account, key, address, method, host, path, agent, gateway, status, bytes, duration, " \
  "verdict, revision, entry_global, entry_account, entry_key "
#define KF_TOTALS ", sum(verdict & 1), sum(1 - (verdict & 1)), sum(((verdict >> 8) & 31) <> 12) "
#define KF_GROUPED " AND ?15 IS NOT NULL GROUP BY 1"

enum class WayIn : std::uint8_t { kAny, kAccount, kKey, kKeyErrors, kWholeAccount, kWholeKey, kWholeKeyErrors };

#define KF_EACH_WAY(select, in_parts_tail, tail)                               \
  switch (way) {                                                               \
    case WayIn::kAny:                                                          \
      return select KF_ANY KF_TESTS tail;                                      \
    case WayIn::kAccount:                                                      \
      return select KF_IN_PARTS("by_account", "?3") KF_TESTS in_parts_tail;    \
    case WayIn::kKey:                                                          \
      return select KF_IN_PARTS("by_key", "?4") KF_TESTS in_parts_tail;        \
    case WayIn::kKeyErrors:                                                    \
      return select KF_IN_PARTS("by_key_errors", "?4") KF_TESTS in_parts_tail; \
    case WayIn::kWholeAccount:                                                 \
      return select KF_WHOLE_BY_ACCOUNT KF_TESTS tail;                         \
    case WayIn::kWholeKey:                                                     \
      return select KF_WHOLE_BY_KEY KF_TESTS tail;                             \
    case WayIn::kWholeKeyErrors:                                               \
      return select KF_WHOLE_BY_KEY_ERRORS KF_TESTS tail;                      \
  }                                                                            \
  return select KF_ANY KF_TESTS tail

constexpr sql::Sql newest_sql(WayIn way) {
  // Word for word: SQLite sorts nothing only where it sees that the loops run in this order.
  KF_EACH_WAY(KF_SELECT, " ORDER BY parts.part DESC, i.record DESC LIMIT ?15", " ORDER BY id DESC LIMIT ?15");
}
constexpr sql::Sql time_sql(WayIn way) {
  // ?15 is the bucket in microseconds; an id holds the microsecond above its tie bits.
  static_assert(kIdTieBits == 10);
  KF_EACH_WAY("SELECT (id >> 10) / ?15" KF_TOTALS, KF_GROUPED, KF_GROUPED);
}
constexpr sql::Sql reason_sql(WayIn way) {
  KF_EACH_WAY("SELECT (verdict >> 1) & 31" KF_TOTALS, KF_GROUPED, KF_GROUPED);
}
constexpr sql::Sql key_sql(WayIn way) {
  KF_EACH_WAY("SELECT key" KF_TOTALS, KF_GROUPED, KF_GROUPED);
}
constexpr sql::Sql address_sql(WayIn way) {
  KF_EACH_WAY("SELECT address" KF_TOTALS, KF_GROUPED, KF_GROUPED);
}
constexpr sql::Sql status_sql(WayIn way) {
  KF_EACH_WAY("SELECT status" KF_TOTALS, KF_GROUPED, KF_GROUPED);
}

sql::Sql totals_sql(GroupBy group, WayIn way) {
  switch (group) {
    case GroupBy::kTime:
      return time_sql(way);
    case GroupBy::kReason:
      return reason_sql(way);
    case GroupBy::kKey:
      return key_sql(way);
    case GroupBy::kAddress:
      return address_sql(way);
    case GroupBy::kStatus:
      return status_sql(way);
  }
  return status_sql(way);
}

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::optional<IpAddress> address_of(const sql::Rows& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return IpAddress::from_bytes(row.blob(column));
}

template <class Enum>
Enum part(std::int64_t verdict, int shift, int mask) noexcept {
  return static_cast<Enum>((verdict >> shift) & mask);
}

void unpack(std::int64_t verdict, UsageRecord& record) {
  record.decision.outcome = part<Outcome>(verdict, 0, 1);
  record.decision.reason = part<Reason>(verdict, Verdict::kReasonShift, 31);
  record.decision.layer = part<Layer>(verdict, Verdict::kLayerShift, 3);
  record.decision.would_deny = part<Reason>(verdict, Verdict::kWouldDenyShift, 31);
  record.decision.would_deny_layer = part<Layer>(verdict, Verdict::kWouldDenyLayerShift, 3);
  record.address_note = part<ClientAddressNote>(verdict, Verdict::kNoteShift, 3);
  record.truncated = (verdict >> Verdict::kTruncatedShift & 1) != 0;
}

constexpr std::size_t kCachedMax = 1 << 16;

std::int64_t version_of(sql::Connection& connection) {
  sql::Statement statement(connection, "PRAGMA user_version");
  auto rows = statement.query();
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace

struct DayReader::Selection {
  WayIn way = WayIn::kAny;
  IdSpan span;
  std::optional<std::int64_t> account, key, method_ref;
  std::optional<std::string> method;
  std::int64_t status_min = 0, status_max = 0;
  std::optional<std::int64_t> reason, layer;
  std::optional<std::array<std::uint8_t, 16>> first, last;
  std::size_t address_bytes = 0;
  std::optional<std::string> path;
  std::optional<RequestId> request_id;

  [[nodiscard]] sql::Rows run(sql::Statement& statement, std::int64_t last_parameter) const {
    const auto address = [this](const auto& held) -> std::optional<Bytes> {
      if (!held) return std::nullopt;
      return Bytes(*held).subspan(held->size() - address_bytes);
    };
    const auto text = [](const auto& held) -> std::optional<Bytes> {
      if (!held) return std::nullopt;
      return bytes_of(*held);
    };
    std::optional<Bytes> id;
    if (request_id) id = Bytes(*request_id);
    // Where the dictionary does not know the method, only rows that hold it themselves can match.
    return statement.query(span.from, span.until, account, key,
                           method ? std::optional(method_ref.value_or(-1)) : std::nullopt, text(method), status_min,
                           status_max, reason, layer, address(first), address(last), text(path), id, last_parameter);
  }
};

DayReader::DayReader(const std::string& path, std::uint64_t day)
    : day_(day),
      connection_(path, sql::Access::kReadOnly),
      has_parts_(version_of(connection_) != kFileVersionWithoutParts),
      find_id_(connection_, "SELECT ref FROM ids WHERE kind = ?1 AND id = ?2"),
      find_text_(connection_, "SELECT ref FROM texts WHERE text = ?1"),
      text_by_ref_(connection_, "SELECT text FROM texts WHERE ref = ?1"),
      id_by_ref_(connection_, "SELECT id FROM ids WHERE ref = ?1"),
      evidence_one_(connection_, "SELECT hits, first_at, last_at, address FROM evidence WHERE kind = ?1 AND id = ?2"),
      evidence_all_(connection_, "SELECT hits, first_at, last_at, address, kind, id FROM evidence") {}

std::optional<std::int64_t> DayReader::id_reference(int kind, std::uint64_t id) {
  auto rows = find_id_.query(kind, id);
  if (!rows.next()) return std::nullopt;
  return rows.integer(0);
}

std::optional<DayReader::Selection> DayReader::select(const UsageFilter& filter, IdSpan span) {
  Selection s;
  s.span = span;
  if (filter.account) {
    s.account = id_reference(static_cast<int>(IdKind::kAccount), filter.account->value());
    if (!s.account) return std::nullopt;
    s.way = has_parts_ ? WayIn::kAccount : WayIn::kWholeAccount;
  }
  s.status_min = filter.status_min.value_or(0);
  s.status_max = filter.status_max.value_or(0xFFFF);
  if (filter.key) {
    s.key = id_reference(static_cast<int>(IdKind::kKey), filter.key->value());
    if (!s.key) return std::nullopt;
    const bool errors = s.status_min >= kErrorStatusMin;
    if (has_parts_) s.way = errors ? WayIn::kKeyErrors : WayIn::kKey;
    if (!has_parts_) s.way = errors ? WayIn::kWholeKeyErrors : WayIn::kWholeKey;
  }
  if (filter.method) {
    s.method = filter.method;
    auto rows = find_text_.query(bytes_of(*filter.method));
    if (rows.next()) s.method_ref = rows.integer(0);
  }
  if (filter.reason) s.reason = static_cast<std::int64_t>(*filter.reason);
  if (filter.layer) s.layer = static_cast<std::int64_t>(*filter.layer);
  if (filter.address) {
    s.first = filter.address->first().bytes();
    s.last = filter.address->last().bytes();
    s.address_bytes = filter.address->family() == IpFamily::kV4 ? 4 : 16;
  }
  if (filter.path_prefix && !filter.path_prefix->empty()) s.path = filter.path_prefix;
  s.request_id = filter.request_id;
  return s;
}

void DayReader::assign_text(const sql::Rows& row, int column, std::string& out) {
  if (!row.is_integer(column)) {
    out = row.text(column);
    return;
  }
  const std::int64_t ref = row.integer(column);
  auto known = texts_.find(ref);
  if (known == texts_.end()) {
    if (texts_.size() >= kCachedMax) texts_.clear();
    auto rows = text_by_ref_.query(ref);
    known = texts_.emplace(ref, rows.next() ? std::string(rows.text(0)) : std::string()).first;
  }
  out = known->second;
}

std::uint64_t DayReader::id_of(std::int64_t reference) {
  if (reference == 0) return 0;
  auto known = ids_.find(reference);
  if (known == ids_.end()) {
    if (ids_.size() >= kCachedMax) ids_.clear();
    auto rows = id_by_ref_.query(reference);
    known = ids_.emplace(reference, rows.next() ? rows.id(0) : 0).first;
  }
  return known->second;
}

bool DayReader::query(const UsageFilter& filter, IdSpan span, std::size_t limit,
                      const std::function<bool(const StoredRecord&)>& sink) {
  const auto selection = select(filter, span);
  if (!selection) return true;
  sql::Statement statement(connection_, newest_sql(selection->way));
  auto row = selection->run(statement, static_cast<std::int64_t>(limit));
  StoredRecord out;
  while (row.next()) {
    out.day = day_;
    out.id = row.id(0);
    UsageRecord& r = out.record;
    r.at = Timestamp{static_cast<std::int64_t>(day_) * kMicrosPerDay + static_cast<std::int64_t>(out.id >> kIdTieBits)};
    const Bytes request_id = row.blob(1);
    if (request_id.size() == r.request_id.size() - kRequestIdTimeBytes) {
      for (std::size_t i = 0; i < kRequestIdTimeBytes; ++i) r.request_id[i] = request_id_time_byte(r.at, i);
    }
    if (request_id.size() <= r.request_id.size()) {
      std::copy(request_id.begin(), request_id.end(),
                r.request_id.end() - static_cast<std::ptrdiff_t>(request_id.size()));
    }
    r.decision = Decision{};
    r.decision.account = AccountId(id_of(row.integer(2)));
    r.decision.key = KeyId(id_of(row.integer(3)));
    r.address = address_of(row, 4);
    assign_text(row, 5, out.method);
    assign_text(row, 6, out.host);
    assign_text(row, 7, out.path);
    assign_text(row, 8, out.user_agent);
    assign_text(row, 9, out.gateway);
    r.status = static_cast<std::uint16_t>(row.integer(10));
    r.bytes_sent = row.id(11);
    r.duration_micros = row.id(12);
    unpack(row.integer(13), r);
    r.decision.revision = row.revision(14);
    out.matched = {EntryId(id_of(row.integer(15))), EntryId(id_of(row.integer(16))), EntryId(id_of(row.integer(17)))};
    if (!sink(out)) return false;
  }
  return true;
}

void DayReader::add_totals(const UsageFilter& filter, IdSpan span, GroupBy group, std::chrono::seconds bucket,
                           GroupTotals& totals) {
  const auto selection = select(filter, span);
  if (!selection) return;
  sql::Statement statement(connection_, totals_sql(group, selection->way));
  const std::int64_t bucket_micros = std::max<std::int64_t>(1, bucket.count()) * 1'000'000;
  auto row = selection->run(statement, bucket_micros);
  const auto key = [&]() -> GroupKey {
    if (row.is_null(0)) return {};
    switch (group) {
      case GroupBy::kTime:
        return GroupKey::of(static_cast<std::int64_t>(day_) * kMicrosPerDay + row.integer(0) * bucket_micros);
      case GroupBy::kKey:
        return GroupKey::of(static_cast<std::int64_t>(id_of(row.integer(0))));
      case GroupBy::kAddress:
        return GroupKey::of(address_of(row, 0));
      case GroupBy::kReason:
      case GroupBy::kStatus:
        break;
    }
    return GroupKey::of(row.integer(0));
  };
  while (row.next()) totals.add(key(), {row.id(1), row.id(2), row.id(3)});
}

namespace {

DayReader::RawEvidence read_evidence(const sql::Rows& row) {
  DayReader::RawEvidence raw;
  raw.evidence = {row.id(0), row.timestamp(1), row.timestamp(2)};
  raw.address = address_of(row, 3);
  return raw;
}

}  // namespace

std::optional<DayReader::RawEvidence> DayReader::evidence(int kind, std::uint64_t id) {
  auto row = evidence_one_.query(kind, id);
  if (!row.next()) return std::nullopt;
  return read_evidence(row);
}

void DayReader::all_evidence(const std::function<void(int, std::uint64_t, const RawEvidence&)>& sink) {
  auto row = evidence_all_.query();
  while (row.next()) sink(static_cast<int>(row.integer(4)), row.id(5), read_evidence(row));
}

}  // namespace keyfence::usage_sqlite
