#include "libs/usage/sqlite/day_writer.h"

#include <algorithm>
#include <array>

#include "libs/usage/sqlite/day_schema.h"

namespace keyfence::usage_sqlite {
namespace {

constexpr std::size_t kCachedMax = 1 << 20;
constexpr std::uint64_t kTies = std::uint64_t{1} << kIdTieBits;
constexpr std::uint64_t kCollisionsMax = 64 * kTies;

// WAL lets queries read beside the writer. NORMAL is enough: a batch that a power cut takes was on tmpfs before, and
// the death of the process takes nothing that was committed.
constexpr sql::Sql kSetUp =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;"
    "PRAGMA cache_size = -65536;";

// All in one transaction, so that a full disk or a kill leaves no file that says what it is and holds nothing.
constexpr sql::Sql kSchema =
    "PRAGMA journal_mode = WAL;"
    "BEGIN IMMEDIATE;"
    "PRAGMA application_id = 1262900529;"
    "PRAGMA user_version = 3;"
    "CREATE TABLE records ("
    "  id INTEGER PRIMARY KEY, request_id BLOB NOT NULL, account INTEGER, key INTEGER, address BLOB,"
    "  method, host, path NOT NULL, agent, gateway, status INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    "  duration INTEGER NOT NULL, verdict INTEGER NOT NULL, revision INTEGER NOT NULL,"
    "  entry_global INTEGER, entry_account INTEGER, entry_key INTEGER);"
    "CREATE TABLE parts (part INTEGER PRIMARY KEY, first INTEGER NOT NULL, rows INTEGER NOT NULL);"
    "CREATE TABLE by_key (part INTEGER NOT NULL, owner INTEGER NOT NULL, record INTEGER NOT NULL,"
    "  PRIMARY KEY (part, owner, record)) WITHOUT ROWID;"
    "CREATE TABLE by_key_errors (part INTEGER NOT NULL, owner INTEGER NOT NULL, record INTEGER NOT NULL,"
    "  PRIMARY KEY (part, owner, record)) WITHOUT ROWID;"
    "CREATE TABLE by_account (part INTEGER NOT NULL, owner INTEGER NOT NULL, record INTEGER NOT NULL,"
    "  PRIMARY KEY (part, owner, record)) WITHOUT ROWID;"
    "CREATE TABLE texts (ref INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE);"
    "CREATE TABLE ids (ref INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id INTEGER NOT NULL, UNIQUE (kind, id));"
    "CREATE TABLE positions (writer INTEGER NOT NULL, sequence INTEGER NOT NULL, offset INTEGER NOT NULL,"
    "  PRIMARY KEY (writer, sequence)) WITHOUT ROWID;"
    "CREATE TABLE evidence (kind INTEGER NOT NULL, id INTEGER NOT NULL, hits INTEGER NOT NULL,"
    "  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, address BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;"
    "COMMIT;";

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Spreads what arrived in one microsecond; from the place in the spool, so that it needs no look-up.
std::uint64_t tie_of(const SpoolPosition& segment, std::uint64_t offset) noexcept {
  std::uint64_t x = segment.writer ^ (segment.sequence << 32) ^ offset;
  x *= 0x9E3779B97F4A7C15;
  return x >> (64 - kIdTieBits);
}

// Ids that begin with their millisecond, as the gateway's do, are stored without it.
std::span<const std::uint8_t> stored_request_id(const UsageRecord& record, std::uint64_t id) noexcept {
  const std::span<const std::uint8_t> whole(record.request_id);
  const Timestamp at{record.at.micros / kMicrosPerDay * kMicrosPerDay + static_cast<std::int64_t>(id >> kIdTieBits)};
  return begins_with_time(record.request_id, at) ? whole.subspan(kRequestIdTimeBytes) : whole;
}

std::int64_t pack(const UsageRecord& record) noexcept {
  const Decision& d = record.decision;
  return (d.outcome == Outcome::kAllow ? 1 : 0) | static_cast<int>(d.reason) << Verdict::kReasonShift |
         static_cast<int>(d.layer) << Verdict::kLayerShift |
         static_cast<int>(d.would_deny) << Verdict::kWouldDenyShift |
         static_cast<int>(d.would_deny_layer) << Verdict::kWouldDenyLayerShift |
         static_cast<int>(record.address_note) << Verdict::kNoteShift |
         (record.truncated ? 1 : 0) << Verdict::kTruncatedShift;
}

}  // namespace

std::int64_t prepare_day_file(const std::string& path) {
  sql::Connection connection(path, sql::Access::kReadWriteCreate);
  sql::Statement identity(connection,
                          "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) "
                          "FROM pragma_application_id, pragma_user_version");
  std::int64_t application = 0;
  std::int64_t version = 0;
  std::int64_t tables = 0;
  {
    auto rows = identity.query();
    if (rows.next()) {
      application = rows.integer(0);
      version = rows.integer(1);
      tables = rows.integer(2);
    }
  }
  if (tables == 0) {  // new, or its making was cut off
    connection.execute(kSchema);
    return kFileVersion;
  }
  if (application != kApplicationId || (version != kFileVersion && version != kFileVersionWithoutParts)) {
    throw sql::Failure{sql::Failure::Code::kCorrupt, path + ": not a file of the usage log of this version"};
  }
  return version;
}

DayWriter::DayWriter(const std::string& path, std::uint64_t day)
    : day_(day),
      version_(prepare_day_file(path)),
      connection_(path, sql::Access::kReadWrite),
      begin_((connection_.execute(kSetUp), connection_), "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      position_(connection_, "SELECT offset FROM positions WHERE writer = ?1 AND sequence = ?2"),
      set_position_(connection_, "INSERT OR REPLACE INTO positions VALUES (?1, ?2, ?3)"),
      insert_record_(connection_,
                     "INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
                     "?16, ?17, ?18)"),
      find_text_(connection_, "SELECT ref FROM texts WHERE text = ?1"),
      add_text_(connection_, "INSERT INTO texts (text) VALUES (?1) RETURNING ref"),
      count_texts_(connection_, "SELECT max(ref) FROM texts"),
      find_id_(connection_, "SELECT ref FROM ids WHERE kind = ?1 AND id = ?2"),
      add_id_(connection_, "INSERT INTO ids (kind, id) VALUES (?1, ?2) RETURNING ref"),
      newest_to_go_(connection_, "SELECT max(id) FROM (SELECT id FROM records ORDER BY id LIMIT ?1)"),
      remove_up_to_(connection_, "DELETE FROM records WHERE id <= ?1"),
      used_(connection_,
            "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, "
            "pragma_page_size"),
      evidence_(connection_) {
  if (version_ != kFileVersionWithoutParts) index_.emplace(connection_);
}

template <class Function>
void DayWriter::in_transaction(Function&& function) {
  (void)begin_.execute();
  try {
    function();
    (void)commit_.execute();
  } catch (...) {
    connection_.roll_back();
    arrivals_.clear();
    evidence_.clear();
    if (index_) index_->forget();
    texts_.clear();  // references made in this transaction are gone
    dictionary_size_ = 0;
    search_base_.reset();
    keys_.clear();
    accounts_.clear();
    entries_.clear();
    throw;
  }
}

std::uint64_t DayWriter::store(std::span<const UsageBatch> batches) {
  std::uint64_t stored = 0;
  in_transaction([&] {
    for (const UsageBatch& batch : batches) collect(batch);
    // Batches of several gateways overlap in time. In its order, records are appended to full pages.
    const auto earlier = [](const Arrival& a, const Arrival& b) { return a.at < b.at; };
    if (!std::is_sorted(arrivals_.begin(), arrivals_.end(), earlier)) {
      std::stable_sort(arrivals_.begin(), arrivals_.end(), earlier);
    }
    if (index_ && !arrivals_.empty()) index_->begin();
    for (const Arrival& arrival : arrivals_) insert(arrival);
    if (index_) index_->write();
    evidence_.write();
    stored = arrivals_.size();
  });
  arrivals_.clear();
  return stored;
}

void DayWriter::collect(const UsageBatch& batch) {
  std::uint64_t from = 0;
  {
    auto rows = position_.query(batch.to.writer, batch.to.sequence);
    if (rows.next()) from = rows.id(0);
  }
  const std::int64_t gateway = reference(batch.gateway, kDictionaryEntriesMax).value_or(0);
  for (const StorableRecord& item : batch.records) {
    if (item.offset <= from || day_of(item.record.at) != day_) continue;
    arrivals_.push_back({item.record.at.micros, &item, gateway, tie_of(batch.to, item.offset)});
  }
  if (batch.to.offset > from) (void)set_position_.execute(batch.to.writer, batch.to.sequence, batch.to.offset);
}

std::uint64_t DayWriter::remove_oldest(std::uint64_t count) {
  std::uint64_t removed = 0;
  in_transaction([&] {
    std::optional<std::uint64_t> last;
    {
      auto rows = newest_to_go_.query(count);
      if (rows.next() && !rows.is_null(0)) last = rows.id(0);
    }
    if (!last) return;
    removed = static_cast<std::uint64_t>(remove_up_to_.execute(*last));
    if (index_) index_->remove_before(*last + 1);
  });
  return removed;
}

std::uint64_t DayWriter::used_bytes() {
  auto rows = used_.query();
  return rows.next() ? rows.id(0) : 0;
}

void DayWriter::insert(const Arrival& arrival) {
  const StorableRecord& item = *arrival.item;
  const UsageRecord& r = item.record;
  const auto account = reference(accounts_, IdKind::kAccount, r.decision.account.value());
  const auto key = reference(keys_, IdKind::kKey, r.decision.key.value());
  const auto entry_global = reference(entries_, IdKind::kEntry, item.matched.global.value());
  const auto entry_account = reference(entries_, IdKind::kEntry, item.matched.account.value());
  const auto entry_key = reference(entries_, IdKind::kEntry, item.matched.key.value());

  std::array<std::uint8_t, 16> address_bytes{};
  std::optional<std::span<const std::uint8_t>> address;
  if (r.address) {
    address_bytes = r.address->bytes();
    address = std::span<const std::uint8_t>(address_bytes).subspan(r.address->is_v4() ? 12 : 0);
  }
  const TextColumn method = text_column(r.method);
  const TextColumn host = text_column(r.host);
  const TextColumn agent = text_column(r.user_agent);
  const std::int64_t verdict = pack(r);
  const TextColumn path = path_column(r.path);
  // Two records of one microsecond may fall on one id; another one of that microsecond is as good, and if all are
  // taken, one of the next. Where the clock stands still, the search goes on where it ended.
  const std::uint64_t base = first_id_at(r.at);
  if (base != search_base_) {
    search_base_ = base;
    search_tie_ = arrival.tie;
    search_tries_ = 0;
  }
  std::uint64_t id = 0;
  for (std::uint64_t collisions = 0;; ++collisions, ++search_tries_) {
    id = base + search_tries_ / kTies * kTies + (search_tie_ + search_tries_) % kTies;
    try {
      (void)insert_record_.execute(id, stored_request_id(r, id), account, key, address, method, host, path, agent,
                                   arrival.gateway, r.status, r.bytes_sent, r.duration_micros, verdict,
                                   r.decision.revision, entry_global, entry_account, entry_key);
      break;
    } catch (const sql::Failure& failure) {
      if (failure.code != sql::Failure::Code::kDuplicate || collisions == kCollisionsMax) throw;
    }
  }
  ++search_tries_;
  if (index_) index_->add(id, key, account, r.status >= kErrorStatusMin);
  evidence_.add(r, item.matched);
}

DayWriter::TextColumn DayWriter::text_column(std::string_view text) {
  if (const auto ref = reference(text, kDictionaryEntriesMax)) return *ref;
  return bytes_of(text);
}

DayWriter::TextColumn DayWriter::path_column(std::string_view path) {
  if (path.size() > kDictionaryPathBytesMax) return bytes_of(path);
  if (const auto ref = reference(path, kDictionaryPathsMax)) return *ref;
  return bytes_of(path);
}

std::optional<std::int64_t> DayWriter::reference(std::string_view text, std::int64_t entries_max) {
  if (const auto known = texts_.find(text); known != texts_.end()) return known->second;
  std::int64_t found = 0;
  {
    auto rows = find_text_.query(bytes_of(text));
    if (rows.next()) found = rows.integer(0);
  }
  if (found == 0) {
    if (dictionary_size_ < entries_max) {
      auto rows = count_texts_.query();
      if (rows.next()) dictionary_size_ = rows.integer(0);
    }
    if (dictionary_size_ >= entries_max) return std::nullopt;
    auto rows = add_text_.query(bytes_of(text));
    if (rows.next()) found = rows.integer(0);
    while (rows.next()) {
    }
  }
  if (texts_.size() >= kCachedMax) texts_.clear();
  texts_.emplace(text, found);
  return found;
}

std::optional<std::int64_t> DayWriter::reference(IdMap<std::int64_t>& cache, IdKind kind, std::uint64_t id) {
  if (id == 0) return std::nullopt;
  if (const std::int64_t* known = cache.find(id)) return *known;
  std::int64_t found = 0;
  {
    auto rows = find_id_.query(kind, id);
    if (rows.next()) found = rows.integer(0);
  }
  if (found == 0) {
    auto rows = add_id_.query(kind, id);
    if (rows.next()) found = rows.integer(0);
    while (rows.next()) {
    }
  }
  if (cache.size() >= kCachedMax) cache.clear();
  cache.insert(id, found);
  return found;
}

}  // namespace keyfence::usage_sqlite
