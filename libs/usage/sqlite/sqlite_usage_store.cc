#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "libs/base/clock.h"
#include "libs/usage/sqlite/day_reader.h"
#include "libs/usage/sqlite/day_schema.h"
#include "libs/usage/sqlite/day_writer.h"
#include "libs/usage/sqlite/meta_file.h"
#include "libs/usage/usage_store.h"

namespace keyfence::usage_sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOpenWritersMax = 4;
constexpr std::size_t kIdleReadersMax = 4;  // per day
constexpr int kSlicesMax = 5;
constexpr std::uint64_t kSliceRows = 20'000;
constexpr std::uint64_t kWholeCheckBytesMax = std::uint64_t{64} << 20;
constexpr std::int64_t kSegmentsKeptMicros = kMicrosPerDay;
constexpr std::int64_t kForgetEveryMicros = 600'000'000;

UsageError error_of(const sql::Failure& failure) {
  using From = sql::Failure::Code;
  using To = UsageError::Code;
  switch (failure.code) {
    case From::kNoSpace:
      return {To::kNoSpace, "no space left for the usage log", failure.detail};
    case From::kReadOnly:
      return {To::kReadOnly, "the usage log cannot be written", failure.detail};
    case From::kBusy:
      return {To::kBusy, "the usage log is locked by another process", failure.detail};
    case From::kCorrupt:
      return {To::kCorrupt, "a file of the usage log is damaged", failure.detail};
    case From::kNotFound:
    case From::kDuplicate:
    case From::kFailed:
      break;
  }
  return {To::kFailed, "the usage log failed", failure.detail};
}

template <class Function>
auto guarded(Function&& function) noexcept -> UsageResult<std::invoke_result_t<Function>> {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
      function();
      return {};
    } else {
      return function();
    }
  } catch (const sql::Failure& failure) {
    return Err{error_of(failure)};
  } catch (const TooManyGroups&) {
    return Err{UsageError{UsageError::Code::kTooMany, "there are more than a million groups: filter further", ""}};
  } catch (const std::exception& exception) {
    return Err{UsageError{UsageError::Code::kFailed, "the usage log failed", exception.what()}};
  }
}

// "usage-2026-03-01.db" and back.
std::string file_name(std::uint64_t day) {
  return "usage-" + rfc3339(Timestamp{static_cast<std::int64_t>(day) * kMicrosPerDay}).substr(0, 10) + ".db";
}
std::optional<std::uint64_t> day_of_file(const std::string& name) {
  if (name.size() != 19 || name.substr(0, 6) != "usage-" || name.substr(16) != ".db") return std::nullopt;
  const auto start = parse_rfc3339(name.substr(6, 10) + "T00:00:00Z");
  if (!start) return std::nullopt;
  return day_of(*start);
}

std::uint64_t bytes_on_disk(const fs::path& file) {
  std::uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code failed;
    const auto size = fs::file_size(file.string() + suffix, failed);
    if (!failed) bytes += size;
  }
  return bytes;
}

void remove_with_journal(const fs::path& file) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    fs::remove(file.string() + suffix, ignored);
  }
}

class SqliteUsageStore final : public UsageStore {
 public:
  explicit SqliteUsageStore(const fs::path& dir) : dir_(dir), meta_(open_meta(dir)) {
    for (const auto& item : fs::directory_iterator(dir_)) {
      const std::string name = item.path().filename().string();
      if (name.find(".damaged") != std::string::npos && !name.ends_with("-wal")) set_aside_.push_back(name);
      const auto day = day_of_file(name);
      if (!day) continue;
      if (meta_->folded(*day)) {  // retention was cut off between the two
        remove_with_journal(item.path());
      } else {
        days_.insert(*day);
      }
    }
    for (const std::uint64_t day : std::set<std::uint64_t>(days_)) check(day, Look::kBrief);
  }

  using UsageStore::store;
  UsageResult<void> store(std::span<const UsageBatch> batches) override {
    return guarded([&] {
      set_aside_suspects();
      std::set<std::uint64_t> days;
      for (const UsageBatch& batch : batches) {
        std::optional<std::uint64_t> last;
        for (const StorableRecord& item : batch.records) {
          if (const std::uint64_t day = day_of(item.record.at); day != last) days.insert(last.emplace(day));
        }
      }
      for (const std::uint64_t day : days) {
        try {
          (void)writer(day).store(batches);
        } catch (const sql::Failure& failure) {
          if (failure.code != sql::Failure::Code::kCorrupt) throw;
          set_aside(day);
          (void)writer(day).store(batches);
        }
      }
      const std::lock_guard lock(mutex_);
      meta_->segments_stored(batches, SystemClock{}.now());
    });
  }

  UsageResult<std::uint64_t> stored_up_to(std::uint64_t writer, std::uint64_t sequence) override {
    const std::lock_guard lock(mutex_);
    return guarded([&] { return meta_->stored_up_to(writer, sequence); });
  }

  UsageResult<void> query(const UsageFilter& filter, std::optional<UsageCursor> before, std::size_t limit,
                          const std::function<bool(const StoredRecord&)>& sink) override {
    return guarded([&] {
      std::size_t left = limit;
      for (const auto& [day, whole] : spans(filter)) {
        if (before && day > before->day) continue;
        IdSpan span = whole;
        if (before && day == before->day) span.until = std::min(span.until, before->id);
        const bool more = with_reader(day, [&](DayReader& reader) {
          return reader.query(filter, span, left, [&](const StoredRecord& record) {
            --left;
            return sink(record);
          });
        });
        if (!more || left == 0) return;
      }
    });
  }

  UsageResult<std::vector<UsageTotal>> summary(const UsageFilter& filter, GroupBy group, std::chrono::seconds bucket,
                                               std::size_t limit) override {
    return guarded([&] {
      GroupTotals totals(group);
      for (const auto& [day, whole] : spans(filter)) {
        const IdSpan span = whole;
        (void)with_reader(day, [&](DayReader& reader) {
          reader.add_totals(filter, span, group, bucket, totals);
          return true;
        });
      }
      return totals.take(limit);
    });
  }

  UsageResult<std::optional<StoredRecord>> find(const RequestId& id) override {
    // A request id begins with the millisecond of its request's arrival.
    std::uint64_t millis = 0;
    for (std::size_t i = 0; i < 6; ++i) millis = millis << 8 | id[i];
    UsageFilter filter;
    filter.request_id = id;
    filter.from = Timestamp{static_cast<std::int64_t>(millis) * 1000};
    filter.until = Timestamp{filter.from->micros + 1000};
    std::optional<StoredRecord> found;
    auto result = query(filter, std::nullopt, 1, [&found](const StoredRecord& record) {
      found = record;
      return false;
    });
    if (!result) return Err{std::move(result).error()};
    return found;
  }

  UsageResult<std::vector<std::optional<Evidence>>> entry_evidence(std::span<const EntryId> entries) override {
    return guarded([&] {
      std::vector<std::uint64_t> ids;
      ids.reserve(entries.size());
      for (const EntryId entry : entries) ids.push_back(entry.value());
      std::vector<std::optional<Evidence>> out(entries.size());
      const auto found = evidence(EvidenceKind::kEntry, ids);
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i]) out[i] = found[i]->evidence;
      }
      return out;
    });
  }

  UsageResult<std::vector<std::optional<KeyEvidence>>> key_evidence(std::span<const KeyId> keys) override {
    return guarded([&] {
      std::vector<std::uint64_t> ids;
      ids.reserve(keys.size());
      for (const KeyId key : keys) ids.push_back(key.value());
      const auto all_allowed = evidence(EvidenceKind::kKeyAllowed, ids);
      const auto all_denied = evidence(EvidenceKind::kKeyDenied, ids);
      std::vector<std::optional<KeyEvidence>> out(keys.size());
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto& allowed = all_allowed[i];
        const auto& denied = all_denied[i];
        if (!allowed && !denied) continue;
        KeyEvidence& key = out[i].emplace();
        if (allowed) key.allowed = allowed->evidence;
        if (denied) key.denied = denied->evidence;
        const bool denied_last = denied && (!allowed || denied->evidence.last_at > allowed->evidence.last_at);
        key.last_address = denied_last ? denied->address : allowed->address;
      }
      return out;
    });
  }

  UsageResult<void> apply_retention(const UsageRetention& retention, Timestamp now) override {
    return guarded([&] {
      set_aside_suspects();
      const std::uint64_t today = day_of(now);
      const auto age_max = static_cast<std::uint64_t>(retention.age_max.count());
      std::uint64_t bytes = 0;
      std::set<std::uint64_t> days;
      {
        const std::lock_guard lock(mutex_);
        days = days_;
      }
      for (const std::uint64_t day : days) bytes += bytes_on_disk(path(day));
      for (const std::uint64_t day : days) {  // oldest first
        const bool too_old = day + age_max < today;
        const bool too_much = bytes > retention.bytes_max && day < today;
        if (!too_old && !too_much) break;
        bytes -= std::min(bytes, bytes_on_disk(path(day)));
        try {
          retire(day);
        } catch (const sql::Failure& failure) {
          if (failure.code != sql::Failure::Code::kCorrupt) throw;
          set_aside(day);
        }
      }
      // Days go as whole files; of the last one the oldest records go, a slice at each call. The last is today's, and
      // not one that a clock ahead of ours has made.
      const auto after_today = days.upper_bound(today);
      const auto last_day = after_today == days.begin() ? days.rbegin() : std::make_reverse_iterator(after_today);
      if (bytes > retention.bytes_max && !days.empty() && fs::exists(path(*last_day))) {
        DayWriter& last = writer(*last_day);
        for (int slice = 0; slice < kSlicesMax && last.used_bytes() > retention.bytes_max; ++slice) {
          if (last.remove_oldest(kSliceRows) == 0) break;
        }
      }
      if (now.micros - forgot_at_ < kForgetEveryMicros && now.micros >= forgot_at_) return;
      forgot_at_ = now.micros;
      const std::lock_guard lock(mutex_);
      meta_->forget_segments(Timestamp{now.micros - kSegmentsKeptMicros});
    });
  }

  UsageResult<UsageStats> stats() override {
    return guarded([&] {
      UsageStats stats;
      std::set<std::uint64_t> days;
      {
        const std::lock_guard lock(mutex_);
        days = days_;
        const MetaFile::Losses losses = meta_->losses();
        stats.dropped = losses.dropped;
        stats.damaged = losses.damaged;
        stats.set_aside = set_aside_;
      }
      for (const std::uint64_t day : days) stats.bytes += bytes_on_disk(path(day));
      if (!days.empty()) stats.oldest = Timestamp{static_cast<std::int64_t>(*days.begin()) * kMicrosPerDay};
      return stats;
    });
  }

 private:
  static std::unique_ptr<MetaFile> open_meta(const fs::path& dir) {
    fs::create_directories(dir);
    const std::string file = (dir / "usage-meta.db").string();
    try {
      return std::make_unique<MetaFile>(file);
    } catch (const sql::Failure& failure) {
      if (failure.code != sql::Failure::Code::kCorrupt) throw;
      move_aside(file);
      return std::make_unique<MetaFile>(file);
    }
  }

  static std::string move_aside(const fs::path& file) {
    const std::string aside = file.string() + ".damaged-" + std::to_string(SystemClock{}.now().micros);
    fs::rename(file, aside);
    std::error_code ignored;
    fs::rename(file.string() + "-wal", aside + "-wal", ignored);  // what it holds was stored
    remove_with_journal(file);
    return fs::path(aside).filename().string();
  }

  [[nodiscard]] fs::path path(std::uint64_t day) const { return dir_ / file_name(day); }

  using IdleReaders = std::vector<std::unique_ptr<DayReader>>;
  enum class Look : std::uint8_t { kBrief, kWhole };

  // Sets a damaged file aside. A brief look reads small files whole, of large ones both ends of the table; damage
  // elsewhere is found by the query that meets it.
  void check(std::uint64_t day, Look look) {
    try {
      prepare_day_file(path(day).string());
      DayReader reader(path(day).string(), day);
      sql::Connection connection(path(day).string(), sql::Access::kReadOnly);
      const auto ask = [&connection](sql::Sql sql) {
        sql::Statement statement(connection, sql);
        auto row = statement.query();
        return row.next() ? std::string(row.text(0)) : std::string();
      };
      (void)ask("SELECT max(id), min(id), (SELECT count(*) FROM positions) FROM records");
      if (look == Look::kBrief && bytes_on_disk(path(day)) > kWholeCheckBytesMax) return;
      if (const std::string found = ask("PRAGMA quick_check(1)"); found != "ok") {
        throw sql::Failure{sql::Failure::Code::kCorrupt, found};
      }
    } catch (const sql::Failure& failure) {
      if (failure.code == sql::Failure::Code::kCorrupt) set_aside(day);
    }
  }

  // Days in which a query met damage; the damage is looked for again, so that a passing fault takes no day away.
  void set_aside_suspects() {
    std::set<std::uint64_t> suspects;
    {
      const std::lock_guard lock(mutex_);
      suspects.swap(suspects_);
    }
    for (const std::uint64_t day : suspects) check(day, Look::kWhole);
  }

  void set_aside(std::uint64_t day) {
    const std::lock_guard lock(mutex_);
    if (!days_.contains(day)) return;
    writers_.erase(std::remove_if(writers_.begin(), writers_.end(), [day](const auto& w) { return w.first == day; }),
                   writers_.end());
    idle_readers_.erase(day);
    days_.erase(day);
    set_aside_.push_back(move_aside(path(day)));
  }

  DayWriter& writer(std::uint64_t day) {
    const auto known = std::find_if(writers_.begin(), writers_.end(), [day](const auto& w) { return w.first == day; });
    if (known != writers_.end()) return *known->second;
    if (writers_.size() >= kOpenWritersMax) writers_.pop_front();
    if (!fs::exists(path(day))) {
      const std::lock_guard lock(mutex_);
      meta_->forget_folded(day);
    }
    writers_.emplace_back(day, std::make_unique<DayWriter>(path(day).string(), day));
    const std::lock_guard lock(mutex_);
    days_.insert(day);
    return *writers_.back().second;
  }

  // The days that a filter reaches, newest first, each with the part of it that is asked for.
  std::vector<std::pair<std::uint64_t, IdSpan>> spans(const UsageFilter& filter) {
    std::vector<std::pair<std::uint64_t, IdSpan>> out;
    const std::lock_guard lock(mutex_);
    for (auto day = days_.rbegin(); day != days_.rend(); ++day) {
      IdSpan span{0, kIdEnd};
      if (filter.from && day_of(*filter.from) > *day) break;
      if (filter.from && day_of(*filter.from) == *day) span.from = first_id_at(*filter.from);
      if (filter.until && day_of(*filter.until) < *day) continue;
      if (filter.until && day_of(*filter.until) == *day) span.until = first_id_at(*filter.until);
      if (span.from < span.until) out.emplace_back(*day, span);
    }
    return out;
  }

  template <class Function>
  bool with_reader(std::uint64_t day, Function&& function) {
    std::unique_ptr<DayReader> reader;
    std::shared_ptr<IdleReaders> idle;  // of the file that the day has now: not of one that takes its place later
    {
      const std::lock_guard lock(mutex_);
      if (!days_.contains(day)) return true;  // removed meanwhile
      auto& of_day = idle_readers_[day];
      if (of_day == nullptr) of_day = std::make_shared<IdleReaders>();
      idle = of_day;
      if (!idle->empty()) {
        reader = std::move(idle->back());
        idle->pop_back();
      }
    }
    bool result = true;
    try {
      if (!reader) reader = std::make_unique<DayReader>(path(day).string(), day);
      result = function(*reader);
    } catch (const sql::Failure& failure) {
      const std::lock_guard lock(mutex_);
      if (!days_.contains(day)) return true;                                    // removed meanwhile
      if (failure.code == sql::Failure::Code::kCorrupt) suspects_.insert(day);  // the drain's thread sets it aside
      throw;
    }
    const std::lock_guard lock(mutex_);
    if (idle->size() < kIdleReadersMax) idle->push_back(std::move(reader));
    return result;
  }

  // What all days know of each id, and what is kept of the days that are gone.
  std::vector<std::optional<DayReader::RawEvidence>> evidence(EvidenceKind kind, std::span<const std::uint64_t> ids) {
    std::vector<std::optional<DayReader::RawEvidence>> sums(ids.size());
    const auto add = [&sums](std::size_t i, const std::optional<DayReader::RawEvidence>& more) {
      if (!more) return;
      auto& sum = sums[i];
      if (!sum) {
        sum = more;
        return;
      }
      sum->evidence.hits += more->evidence.hits;
      sum->evidence.first_at = std::min(sum->evidence.first_at, more->evidence.first_at);
      if (more->evidence.last_at >= sum->evidence.last_at) {
        sum->evidence.last_at = more->evidence.last_at;
        sum->address = more->address;
      }
    };
    std::set<std::uint64_t> days;
    {
      const std::lock_guard lock(mutex_);
      if (meta_->has_evidence()) {
        const sql::ReadSnapshot snapshot = meta_->one_snapshot();
        for (std::size_t i = 0; i < ids.size(); ++i) add(i, meta_->evidence(static_cast<int>(kind), ids[i]));
      }
      days = days_;
    }
    for (const std::uint64_t day : days) {
      (void)with_reader(day, [&](DayReader& reader) {
        const sql::ReadSnapshot snapshot = reader.one_snapshot();
        for (std::size_t i = 0; i < ids.size(); ++i) add(i, reader.evidence(static_cast<int>(kind), ids[i]));
        return true;
      });
    }
    return sums;
  }

  // Keeps a day's evidence and removes its file.
  void retire(std::uint64_t day) {
    DayReader reader(path(day).string(), day);
    const std::lock_guard lock(mutex_);
    meta_->fold(day, reader);
    writers_.erase(std::remove_if(writers_.begin(), writers_.end(), [day](const auto& w) { return w.first == day; }),
                   writers_.end());
    idle_readers_.erase(day);
    days_.erase(day);
    remove_with_journal(path(day));
  }

  fs::path dir_;
  std::mutex mutex_;  // of what follows but writers_, which is the drain's alone
  std::unique_ptr<MetaFile> meta_;
  std::set<std::uint64_t> days_;
  std::map<std::uint64_t, std::shared_ptr<IdleReaders>> idle_readers_;
  std::vector<std::string> set_aside_;
  std::set<std::uint64_t> suspects_;
  std::int64_t forgot_at_ = 0;  // the drain's alone, as writers_
  std::deque<std::pair<std::uint64_t, std::unique_ptr<DayWriter>>> writers_;
};

}  // namespace
}  // namespace keyfence::usage_sqlite

namespace keyfence {

UsageResult<std::unique_ptr<UsageStore>> open_sqlite_usage_store(const std::filesystem::path& dir) {
  return usage_sqlite::guarded(
      [&]() -> std::unique_ptr<UsageStore> { return std::make_unique<usage_sqlite::SqliteUsageStore>(dir); });
}

}  // namespace keyfence
