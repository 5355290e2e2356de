#include "libs/usage/drain.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "libs/usage/spool_reader.h"

namespace keyfence {
namespace {

constexpr std::size_t kReadBytes = std::size_t{4} << 20;
// A transaction writes a page of an index for nearly every key that it meets, however often it meets it: the more
// records it takes, the fewer pages are written for each.
constexpr std::size_t kTransactionBytes = std::size_t{16} << 20;
constexpr int kRoundsMax = 64;
constexpr std::chrono::milliseconds kIdle{100};
constexpr std::chrono::milliseconds kBackoffMax{5000};
constexpr std::chrono::seconds kRetentionEvery{1};
constexpr std::chrono::seconds kLossesEvery{5};
constexpr std::chrono::hours kPositionsEvery{1};
constexpr std::chrono::microseconds kClockSlack = std::chrono::hours(1);

class BackgroundDrain final : public Drain {
 public:
  BackgroundDrain(UsageStore& store, DrainOptions options, Matcher matcher)
      : store_(store), options_(std::move(options)), matcher_(std::move(matcher)), thread_([this] { run(); }) {}

  ~BackgroundDrain() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  DrainStatus status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  void flush() override {
    std::unique_lock lock(mutex_);
    const std::uint64_t wanted = ++flush_asked_;
    wake_.notify_all();
    flushed_.wait(lock, [&] { return flush_done_ >= wanted || stopping_; });
  }

 private:
  struct Progress {
    std::uint64_t offset = 0;
    std::uint64_t dropped = 0;
    bool known = false;
    std::string gateway = {};  // once it was read
  };
  using SegmentKey = std::pair<std::uint64_t, std::uint64_t>;
  struct Piece {
    SpoolSegment segment;
    SegmentRead read;
    std::size_t first = 0, count = 0;  // of records_
    bool news = false;                 // says something that is not stored
  };

  void run() {
    std::chrono::milliseconds backoff = kIdle;
    auto retention_at = std::chrono::steady_clock::now();
    if (const auto stats = store_.stats()) {  // what was lost before this start was told then
      told_dropped_ = stats->dropped;
      told_damaged_ = stats->damaged;
    }
    for (;;) {
      std::uint64_t asked = 0;
      bool last_round = false;
      {
        const std::lock_guard lock(mutex_);
        asked = flush_asked_;
        last_round = stopping_;
      }
      const bool more = pass();
      tell_news();
      if (std::chrono::steady_clock::now() >= retention_at) {
        keep_positions();
        note(Part::kRetention, store_.apply_retention(options_.retention, SystemClock{}.now()));
        remove_unfinished(options_.spool_dir);
        retention_at = std::chrono::steady_clock::now() + kRetentionEvery;
      }
      std::unique_lock lock(mutex_);
      flush_done_ = asked;
      flushed_.notify_all();
      if (last_round) return;
      const bool stores = failure_of(Part::kStore).empty();
      backoff = stores ? kIdle : std::min(backoff * 2, kBackoffMax);
      if (more && stores) continue;
      wake_.wait_for(lock, backoff, [&] { return stopping_ || flush_asked_ != asked; });
    }
  }

  void note_backlog(std::size_t segments, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    tell_gateways();
    status_.segments = segments;
    status_.backlog_bytes = bytes;
    const std::int64_t since = SystemClock{}.now().micros - last_stored_at_.micros;
    status_.lag_micros = bytes == 0 || last_stored_at_.micros == 0 ? 0 : std::max<std::int64_t>(0, since);
  }

  // With the lock.
  void tell_gateways() {
    status_.gateways.clear();
    for (const auto& [name, gateway] : gateways_) status_.gateways.push_back(gateway);
  }

  void note_stored(std::size_t count, Timestamp last) {
    const std::lock_guard lock(mutex_);
    status_.stored += count;
    tell_gateways();
    last_stored_at_ = last;
  }

  GatewayStatus* gateway_of(const std::string& name) {
    const auto found = gateways_.find(name);
    if (found != gateways_.end()) return &found->second;
    if (name.empty() || gateways_.size() >= kGatewaysMax) return nullptr;
    return &gateways_.emplace(name, GatewayStatus{.name = name}).first->second;
  }

  enum class Writer : std::uint8_t { kMetBefore, kNew };
  void note_waiting(const std::string& name, std::uint64_t bytes, Writer writer) {
    GatewayStatus* gateway = gateway_of(name);
    if (gateway == nullptr) return;
    gateway->backlog_bytes += bytes;
    if (writer == Writer::kNew) ++gateway->workers;
  }

  // What the pieces that were stored tell of their gateways.
  void note_gateways() {
    for (const Piece& piece : gathered_) {
      GatewayStatus* gateway = gateway_of(piece.read.gateway);
      if (gateway == nullptr) continue;
      std::uint64_t& counted = dropped_counted_[{piece.segment.writer, piece.segment.sequence}];
      gateway->dropped += piece.read.dropped - std::min(counted, piece.read.dropped);
      counted = std::max(counted, piece.read.dropped);
      gateway->stored += piece.count;
      if (piece.count == 0) continue;
      const UsageRecord& last = records_[piece.first + piece.count - 1].record;
      if (last.at.micros < gateway->last_at.micros) continue;
      gateway->last_at = last.at;
      gateway->last_revision = last.decision.revision;
    }
  }

  // What can fail by itself, and what an operator is told then.
  enum class Part : std::uint8_t { kStore, kSpool, kRetention };
  static constexpr std::array<std::string_view, 3> kTroubles = {
      "the usage log waits in the spool: ", "a part of the spool cannot be read: ",
      "the usage log cannot be cut back: "};
  static constexpr std::array<std::string_view, 3> kRecoveries = {
      "the usage log is stored again", "all of the spool can be read again", "the usage log is cut back again"};

  std::string& failure_of(Part part) { return failures_[static_cast<std::size_t>(part)]; }

  void note(Part part, const UsageResult<void>& result) {
    failure_of(part) = result ? std::string() : result.error().message + " (" + result.error().detail + ")";
    const auto first = std::find_if(failures_.begin(), failures_.end(), [](const auto& what) { return !what.empty(); });
    const std::lock_guard lock(mutex_);
    status_.failure = first == failures_.end() ? std::string() : *first;
  }

  void tell(DrainNews news, const std::string& what) const {
    if (options_.tell) options_.tell(news, what);
  }

  void tell_news() {
    for (std::size_t i = 0; i < failures_.size(); ++i) {
      if (failures_[i] == told_failures_[i]) continue;
      if (failures_[i].empty()) tell(DrainNews::kRecovered, std::string(kRecoveries[i]));
      if (!failures_[i].empty()) tell(DrainNews::kTrouble, std::string(kTroubles[i]) + failures_[i]);
      told_failures_[i] = failures_[i];
    }
    const auto now = std::chrono::steady_clock::now();
    if (now < losses_at_) return;
    losses_at_ = now + kLossesEvery;
    const auto stats = store_.stats();
    if (!stats) return;
    const auto more = [&](std::uint64_t& told, std::uint64_t count, const char* what) {
      if (count > told) tell(DrainNews::kTrouble, std::to_string(count - told) + what);
      told = count;
    };
    more(told_dropped_, stats->dropped, " records of the usage log were dropped by gateways: their spool was full");
    more(told_damaged_, stats->damaged, " records of the spool are damaged and were passed over");
    for (; told_aside_ < stats->set_aside.size(); ++told_aside_) {
      tell(DrainNews::kTrouble, "a file of the usage log is damaged and set aside: " + stats->set_aside[told_aside_]);
    }
  }

  // Pieces of the oldest segment of every writer in turn, until each has been read to its end as it stood, or had its
  // share. Answers whether there was more than one transaction takes.
  bool pass() {
    const std::vector<SpoolSegment> segments = list_spool(options_.spool_dir);
    forget_removed(segments);
    std::map<std::uint64_t, std::deque<SpoolSegment>> writers;
    std::uint64_t backlog = 0;
    for (auto& [name, gateway] : gateways_) gateway.backlog_bytes = gateway.workers = 0;
    std::set<std::uint64_t> met;
    for (const SpoolSegment& segment : segments) {
      writers[segment.writer].push_back(segment);
      const auto known = progress_.find({segment.writer, segment.sequence});
      const std::uint64_t waiting = backlog_of(segment, known == progress_.end() ? 0 : known->second.offset);
      backlog += waiting;
      if (known != progress_.end())
        note_waiting(known->second.gateway, waiting,
                     met.insert(segment.writer).second ? Writer::kNew : Writer::kMetBefore);
    }
    note_backlog(segments.size(), backlog);
    unreadable_.clear();
    bool more = false;
    for (int round = 0; round < kRoundsMax && !writers.empty(); ++round) {
      for (auto writer = writers.begin(); writer != writers.end();) {
        std::deque<SpoolSegment>& queue = writer->second;
        const Step step = gather(queue.front());
        if (step == Step::kAtEnd) queue.pop_front();
        writer = queue.empty() || step == Step::kFailed ? writers.erase(writer) : std::next(writer);
        if (gathered_bytes_ < kTransactionBytes) continue;
        if (!store_gathered()) return false;
        more = true;
      }
    }
    note(Part::kSpool, unreadable_.empty() ? UsageResult<void>()
                                           : Err{UsageError{UsageError::Code::kFailed, "no permission", unreadable_}});
    return store_gathered() && (more || !writers.empty());
  }

  enum class Step : std::uint8_t { kMore, kAtEnd, kFailed };

  // Reads on in a segment, after what is stored of it or gathered already.
  Step gather(const SpoolSegment& segment) {
    Progress& progress = progress_[{segment.writer, segment.sequence}];
    if (!progress.known) {
      const auto from = store_.stored_up_to(segment.writer, segment.sequence);
      if (!from) {
        note(Part::kStore, Err{from.error()});
        return Step::kFailed;
      }
      progress = {.offset = *from, .dropped = 0, .known = true};
    }
    const std::size_t first = records_.size();
    auto read =
        read_segment(segment, progress.offset, kReadBytes, [this](const UsageRecord& record, std::uint64_t end) {
          records_.push_back({.record = record, .matched = matcher_(record), .offset = end});
        });
    if (!read) return unreadable(segment, read.error());
    settle_times(std::span(records_).subspan(first), read->created_at);
    const std::size_t count = records_.size() - first;
    const bool news = count > 0 || read->damaged != 0 || read->dropped != progress.dropped;
    const Step step = read->backlog_bytes > 0 ? Step::kMore : Step::kAtEnd;
    progress.offset = std::max(progress.offset, read->next_offset);
    progress.dropped = read->dropped;
    progress.gateway = read->gateway;
    gathered_bytes_ += read->bytes.size();
    gathered_.push_back({segment, std::move(*read), first, count, news});
    return step;
  }

  // All that was gathered, in one transaction; answers false if it could not be stored: then it is read again later.
  bool store_gathered() {
    std::vector<UsageBatch> batches;
    for (const Piece& piece : gathered_) {
      if (!piece.news) continue;
      batches.push_back({.to = {piece.segment.writer, piece.segment.sequence, piece.read.next_offset},
                         .gateway = piece.read.gateway,
                         .dropped = piece.read.dropped,
                         .damaged = piece.read.damaged,
                         .records = std::span(records_).subspan(piece.first, piece.count)});
    }
    bool stored = true;
    if (!batches.empty()) {
      const auto result = store_.store(batches);
      note(Part::kStore, result);
      stored = static_cast<bool>(result);
    }
    for (const Piece& piece : gathered_) {
      if (!stored) progress_.erase({piece.segment.writer, piece.segment.sequence});
      const bool done = piece.read.backlog_bytes == 0 && piece.read.state == SegmentState::kEnded;
      if (stored && done) remove_segment(piece.segment);
    }
    if (stored) note_gateways();
    if (stored && !records_.empty()) note_stored(records_.size(), records_.back().record.at);
    gathered_.clear();
    records_.clear();
    gathered_bytes_ = 0;
    return stored;
  }

  // What is no segment is set aside, so that it is neither read again nor lost.
  Step unreadable(const SpoolSegment& segment, SegmentError error) {
    progress_.erase({segment.writer, segment.sequence});
    if (error == SegmentError::kUnreadable) unreadable_ = segment.path.string();
    if (error == SegmentError::kForeign) {
      const std::string aside = segment.path.string() + ".damaged";
      std::error_code failed;
      std::filesystem::rename(segment.path, aside, failed);
      if (!failed) tell(DrainNews::kTrouble, "a file of the spool is damaged and set aside with its records: " + aside);
    }
    return Step::kAtEnd;
  }

  // A record from the future, by a clock that ran ahead, would stand in a day to come. It counts as having arrived
  // when its segment was made: the same each time that it is read.
  static void settle_times(std::span<StorableRecord> records, Timestamp segment_made) {
    const Timestamp now = SystemClock{}.now();
    const std::int64_t latest = now.micros + kClockSlack.count();
    for (StorableRecord& item : records) {
      if (item.record.at.micros > latest) item.record.at = segment_made.micros > latest ? now : segment_made;
    }
  }

  // The store forgets segments that it has not heard of for long; those that stand in the spool it must not.
  void keep_positions() {
    const auto now = std::chrono::steady_clock::now();
    if (now < positions_at_) return;
    std::vector<UsageBatch> standing;
    for (const auto& [segment, progress] : progress_) {
      if (!progress.known || progress.offset == 0) continue;
      standing.push_back({.to = {segment.first, segment.second, progress.offset},
                          .gateway = {},
                          .dropped = progress.dropped,
                          .damaged = 0,
                          .records = {}});
    }
    if (!standing.empty() && !store_.store(standing)) return;
    positions_at_ = now + kPositionsEvery;
  }

  void forget_removed(const std::vector<SpoolSegment>& standing) {
    const auto removed = [&](const auto& item) {
      return std::none_of(standing.begin(), standing.end(),
                          [&](const SpoolSegment& s) { return SegmentKey(s.writer, s.sequence) == item.first; });
    };
    std::erase_if(progress_, removed);
    std::erase_if(dropped_counted_, removed);
  }

  UsageStore& store_;
  DrainOptions options_;
  Matcher matcher_;
  // The drain thread's own.
  std::map<SegmentKey, Progress> progress_;  // what is gathered is counted as stored
  std::map<SegmentKey, std::uint64_t> dropped_counted_;
  std::map<std::string, GatewayStatus> gateways_;
  std::vector<Piece> gathered_;
  std::vector<StorableRecord> records_;  // of all pieces; their texts lie in what was read
  std::size_t gathered_bytes_ = 0;
  std::string unreadable_;                               // a segment, in this pass
  std::array<std::string, 3> failures_, told_failures_;  // by part; empty: none
  std::chrono::steady_clock::time_point positions_at_;
  std::chrono::steady_clock::time_point losses_at_;
  std::uint64_t told_dropped_ = 0, told_damaged_ = 0;
  std::size_t told_aside_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_, flushed_;
  DrainStatus status_;
  Timestamp last_stored_at_;
  std::uint64_t flush_asked_ = 0, flush_done_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Drain> Drain::start(UsageStore& store, DrainOptions options, Matcher matcher) {
  return std::make_unique<BackgroundDrain>(store, std::move(options), std::move(matcher));
}

}  // namespace keyfence
