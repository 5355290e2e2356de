#include "libs/usage/drain.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "libs/usage/spool_reader.h"

namespace keyfence {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{4} << 20;
constexpr int kRoundsMax = 64;
constexpr std::chrono::milliseconds kIdle{50};
constexpr std::chrono::milliseconds kBackoffMax{5000};
constexpr std::chrono::seconds kRetentionEvery{1};
constexpr std::chrono::seconds kLossesEvery{5};

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
  };
  using SegmentKey = std::pair<std::uint64_t, std::uint64_t>;

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
      const bool stored = pass();
      tell_news();
      if (std::chrono::steady_clock::now() >= retention_at) {
        note_failure(store_.apply_retention(options_.retention, SystemClock{}.now()));
        remove_unfinished(options_.spool_dir);
        retention_at = std::chrono::steady_clock::now() + kRetentionEvery;
      }
      std::unique_lock lock(mutex_);
      flush_done_ = asked;
      flushed_.notify_all();
      if (last_round) return;
      backoff = status_.failure.empty() ? kIdle : std::min(backoff * 2, kBackoffMax);
      if (stored && status_.failure.empty()) continue;
      wake_.wait_for(lock, backoff, [&] { return stopping_ || flush_asked_ != asked; });
    }
  }

  void note_backlog(std::size_t segments, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    status_.segments = segments;
    status_.backlog_bytes = bytes;
    const std::int64_t since = SystemClock{}.now().micros - last_stored_at_.micros;
    status_.lag_micros = bytes == 0 || last_stored_at_.micros == 0 ? 0 : std::max<std::int64_t>(0, since);
  }

  void note_stored(std::size_t count, Timestamp last) {
    const std::lock_guard lock(mutex_);
    status_.stored += count;
    last_stored_at_ = last;
  }

  void note_failure(const UsageResult<void>& result) {
    const std::lock_guard lock(mutex_);
    status_.failure = result ? std::string() : result.error().message + " (" + result.error().detail + ")";
  }

  void tell(DrainNews news, const std::string& what) const {
    if (options_.tell) options_.tell(news, what);
  }

  void tell_news() {
    const std::string failure = status().failure;
    if (failure != told_failure_) {
      if (failure.empty()) tell(DrainNews::kRecovered, "the usage log is stored again");
      if (!failure.empty()) tell(DrainNews::kTrouble, "the usage log waits in the spool: " + failure);
      told_failure_ = failure;
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

  // Batches from the oldest segment of every writer in turn, until each has been read to its end as it stood, or had
  // its share. Answers whether anything was stored.
  bool pass() {
    const std::vector<SpoolSegment> segments = list_spool(options_.spool_dir);
    forget_removed(segments);
    std::map<std::uint64_t, std::deque<SpoolSegment>> writers;
    std::uint64_t backlog = 0;
    for (const SpoolSegment& segment : segments) {
      writers[segment.writer].push_back(segment);
      const auto known = progress_.find({segment.writer, segment.sequence});
      backlog += backlog_of(segment, known == progress_.end() ? 0 : known->second.offset);
    }
    note_backlog(segments.size(), backlog);
    bool stored = false;
    for (int round = 0; round < kRoundsMax && !writers.empty(); ++round) {
      for (auto writer = writers.begin(); writer != writers.end();) {
        std::deque<SpoolSegment>& queue = writer->second;
        const Step step = drain_some(queue.front());
        stored = stored || step == Step::kMore || step == Step::kStored;
        if (step == Step::kStored || step == Step::kNothing) queue.pop_front();
        writer = queue.empty() || step == Step::kFailed ? writers.erase(writer) : std::next(writer);
      }
    }
    return stored;
  }

  enum class Step : std::uint8_t { kMore, kStored, kNothing, kFailed };

  Step drain_some(const SpoolSegment& segment) {
    Progress& progress = progress_[{segment.writer, segment.sequence}];
    if (!progress.known) {
      const auto from = store_.stored_up_to(segment.writer, segment.sequence);
      if (!from) {
        note_failure(Err{from.error()});
        return Step::kFailed;
      }
      progress = {.offset = *from, .dropped = 0, .known = true};
    }
    records_.clear();
    const auto read =
        read_segment(segment, progress.offset, kBatchBytes, [this](const UsageRecord& record, std::uint64_t end) {
          records_.push_back({.record = record, .matched = matcher_(record), .offset = end});
        });
    if (!read) return unreadable(segment, read.error());
    const bool news = !records_.empty() || read->damaged != 0 || read->dropped != progress.dropped;
    if (news) {
      const auto stored = store_.store({.to = {segment.writer, segment.sequence, read->next_offset},
                                        .gateway = read->gateway,
                                        .dropped = read->dropped,
                                        .damaged = read->damaged,
                                        .records = records_});
      note_failure(stored);
      if (!stored) return Step::kFailed;
      progress.offset = read->next_offset;
      progress.dropped = read->dropped;
      if (!records_.empty()) note_stored(records_.size(), records_.back().record.at);
    }
    if (read->backlog_bytes > 0) return Step::kMore;
    if (read->state == SegmentState::kEnded) remove_segment(segment);
    return records_.empty() ? Step::kNothing : Step::kStored;
  }

  // What is no segment is set aside, so that it is neither read again nor lost.
  static Step unreadable(const SpoolSegment& segment, SegmentError error) {
    if (error == SegmentError::kForeign) {
      std::error_code ignored;
      std::filesystem::rename(segment.path, segment.path.string() + ".damaged", ignored);
    }
    return Step::kNothing;
  }

  void forget_removed(const std::vector<SpoolSegment>& standing) {
    std::erase_if(progress_, [&](const auto& item) {
      return std::none_of(standing.begin(), standing.end(),
                          [&](const SpoolSegment& s) { return SegmentKey(s.writer, s.sequence) == item.first; });
    });
  }

  UsageStore& store_;
  DrainOptions options_;
  Matcher matcher_;
  // The drain thread's own.
  std::map<SegmentKey, Progress> progress_;
  std::vector<StorableRecord> records_;
  std::string told_failure_;
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
