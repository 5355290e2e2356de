#include "libs/usage/sqlite/meta_file.h"

#include "libs/usage/sqlite/day_schema.h"

namespace keyfence::usage_sqlite {
namespace {

constexpr sql::Sql kSetUp =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS segments (writer INTEGER NOT NULL, sequence INTEGER NOT NULL, offset INTEGER NOT NULL,"
    "  dropped INTEGER NOT NULL, damaged INTEGER NOT NULL, heard_at INTEGER NOT NULL, PRIMARY KEY (writer, sequence))"
    "  WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS with_losses ON segments (dropped, damaged) WHERE dropped > 0 OR damaged > 0;"
    "CREATE TABLE IF NOT EXISTS losses (dropped INTEGER NOT NULL, damaged INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS folded (day INTEGER PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS evidence (kind INTEGER NOT NULL, id INTEGER NOT NULL, hits INTEGER NOT NULL,"
    "  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, address BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;";

// Commits what the function did, or nothing of it.
template <class Function>
void in_transaction(sql::Connection& connection, sql::Statement& begin, sql::Statement& commit, Function&& function) {
  (void)begin.execute();
  try {
    function();
    (void)commit.execute();
  } catch (...) {
    connection.roll_back();
    throw;
  }
}

}  // namespace

MetaFile::MetaFile(const std::string& path)
    : connection_(path, sql::Access::kReadWriteCreate),
      begin_((connection_.execute(kSetUp), connection_), "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      set_segment_(connection_,
                   "INSERT INTO segments VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET "
                   "offset = max(offset, ?3), dropped = max(dropped, ?4), damaged = damaged + ?5, heard_at = ?6"),
      segment_(connection_, "SELECT offset FROM segments WHERE writer = ?1 AND sequence = ?2"),
      losses_(connection_,
              "SELECT total(dropped), total(damaged) FROM (SELECT dropped, damaged FROM segments WHERE dropped > 0 OR "
              "damaged > 0 UNION ALL "
              "SELECT dropped, damaged FROM losses)"),
      add_evidence_(connection_,
                    "INSERT INTO evidence VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET hits = hits + ?3, "
                    "first_at = min(first_at, ?4), address = CASE WHEN ?5 >= last_at THEN ?6 ELSE address END, "
                    "last_at = max(last_at, ?5)"),
      add_folded_(connection_, "INSERT INTO folded VALUES (?1)"),
      remove_folded_(connection_, "DELETE FROM folded WHERE day = ?1"),
      folded_(connection_, "SELECT 1 FROM folded WHERE day = ?1"),
      evidence_(connection_, "SELECT hits, first_at, last_at, address FROM evidence WHERE kind = ?1 AND id = ?2"),
      // Where a segment stands in the spool for longer than it is remembered, its losses would be counted again: those
      // that have any are remembered for a month more.
      sum_old_(connection_,
               "SELECT total(dropped), total(damaged) FROM segments WHERE (dropped > 0 OR damaged > 0) AND "
               "heard_at < ?1 - 2592000000000"),
      delete_old_(connection_,
                  "DELETE FROM segments WHERE heard_at < ?1 AND ((dropped = 0 AND damaged = 0) OR "
                  "heard_at < ?1 - 2592000000000)"),
      add_losses_(connection_, "INSERT INTO losses VALUES (?1, ?2)") {
  sql::Statement any(connection_, "SELECT 1 FROM evidence LIMIT 1");
  has_evidence_ = any.query().next();
}

void MetaFile::segments_stored(std::span<const UsageBatch> batches, Timestamp now) {
  in_transaction(connection_, begin_, commit_, [&] {
    for (const UsageBatch& batch : batches) {
      (void)set_segment_.execute(batch.to.writer, batch.to.sequence, batch.to.offset, batch.dropped, batch.damaged,
                                 now);
    }
  });
}

std::uint64_t MetaFile::stored_up_to(std::uint64_t writer, std::uint64_t sequence) {
  auto rows = segment_.query(writer, sequence);
  return rows.next() ? rows.id(0) : 0;
}

MetaFile::Losses MetaFile::losses() {
  auto rows = losses_.query();
  if (!rows.next()) return {};
  return {rows.id(0), rows.id(1)};
}

void MetaFile::fold(std::uint64_t day, DayReader& reader) {
  has_evidence_ = true;
  if (folded(day)) return;
  in_transaction(connection_, begin_, commit_, [&] {
    reader.all_evidence([this](int kind, std::uint64_t id, const DayReader::RawEvidence& raw) {
      std::array<std::uint8_t, 16> bytes{};
      std::optional<std::span<const std::uint8_t>> address;
      if (raw.address) {
        bytes = raw.address->bytes();
        address = std::span<const std::uint8_t>(bytes);
      }
      (void)add_evidence_.execute(kind, id, raw.evidence.hits, raw.evidence.first_at, raw.evidence.last_at, address);
    });
    (void)add_folded_.execute(day);
  });
}

bool MetaFile::folded(std::uint64_t day) {
  auto rows = folded_.query(day);
  return rows.next();
}

void MetaFile::forget_folded(std::uint64_t day) {
  (void)remove_folded_.execute(day);
}

std::optional<DayReader::RawEvidence> MetaFile::evidence(int kind, std::uint64_t id) {
  auto rows = evidence_.query(kind, id);
  if (!rows.next()) return std::nullopt;
  DayReader::RawEvidence raw;
  raw.evidence = {rows.id(0), rows.timestamp(1), rows.timestamp(2)};
  if (!rows.is_null(3)) raw.address = IpAddress::from_bytes(rows.blob(3));
  return raw;
}

void MetaFile::forget_segments(Timestamp before) {
  in_transaction(connection_, begin_, commit_, [&] {
    Losses old;
    {
      auto rows = sum_old_.query(before);
      if (rows.next()) old = {rows.id(0), rows.id(1)};
    }
    (void)delete_old_.execute(before);
    if (old.dropped + old.damaged > 0) (void)add_losses_.execute(old.dropped, old.damaged);
  });
}

}  // namespace keyfence::usage_sqlite
