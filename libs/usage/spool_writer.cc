#include "libs/usage/spool_writer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <utility>

#include "libs/base/assert.h"
#include "libs/base/random.h"
#include "libs/usage/record_codec.h"
#include "libs/usage/spool_files.h"

namespace keyfence {

using spool::SegmentHeader;
using spool::SegmentIdentity;

namespace {

// While there is no room, for how long records are dropped before the directory is looked at again.
constexpr std::int64_t kMicrosBetweenTries = 100'000;

SegmentIdentity make_identity(const SpoolOptions& options, std::uint64_t writer, std::uint64_t sequence,
                              std::size_t bytes) noexcept {
  SegmentIdentity identity{};
  identity.magic = spool::kMagic;
  identity.version = spool::kVersion;
  identity.writer = writer;
  identity.sequence = sequence;
  identity.segment_bytes = bytes;
  identity.created_micros = SystemClock{}.now().micros;
  options.gateway.copy(identity.gateway.data(), identity.gateway.size());
  identity.check = spool::identity_check(identity);
  return identity;
}

}  // namespace

struct SpoolWriter::State {
  explicit State(SpoolOptions o) : options(std::move(o)), writer(random_u64()) {
    KF_ASSERT(options.segment_bytes >= spool::kHeaderBytes + spool::kRecordBytesMax);
    final_path = options.dir.string() + "/" + std::string(spool::kSegmentNameBytes, ' ');
    unfinished_path = final_path;
  }

  SpoolOptions options;
  std::uint64_t writer;
  std::uint64_t sequence = 0;
  std::string final_path;  // room for the paths of a segment, so that making one allocates nothing
  std::string unfinished_path;
  int fd = -1;  // open and locked while the segment is ours
  std::uint8_t* map = nullptr;
  std::size_t capacity = 0;   // of the segment, in bytes
  std::uint64_t end = 0;      // of the last record
  std::uint64_t dropped = 0;  // since the beginning
  std::uint64_t carried = 0;  // dropped while there was no segment to say so
  std::int64_t tried_at = 0;  // when the last segment could not be made
  int last_errno = 0;

  [[nodiscard]] SegmentHeader* header() const noexcept { return reinterpret_cast<SegmentHeader*>(map); }

  void close_segment() noexcept {
    if (map == nullptr) return;
    header()->sealed.store(1, std::memory_order_release);
    munmap(map, capacity);
    close(fd);
    map = nullptr;
    fd = -1;
  }

  enum class Bound : std::uint8_t { kHolds, kNone };

  // Makes the next segment; it gets its final name when it is locked and whole. Answers errno. Space is allocated
  // here, so that a full tmpfs is an error and not a signal at the first touch.
  [[nodiscard]] int open_segment(std::size_t bytes, Bound bound) noexcept {
    const std::size_t name_at = final_path.size() - spool::kSegmentNameBytes;
    spool::write_segment_name(final_path.data() + name_at, writer, sequence + 1, spool::NameOf::kSegment);
    spool::write_segment_name(unfinished_path.data() + name_at, writer, sequence + 1, spool::NameOf::kUnfinished);
    const int file = open(unfinished_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (file < 0) return errno;
    void* mapped = MAP_FAILED;
    int failure = spool::lock_segment(file);
    // Counted with this one: of two workers that come to the bound together, neither goes beyond it.
    if (failure == 0 && bound == Bound::kHolds &&
        spool::spool_bytes(options.dir.c_str(), options.segment_bytes) > options.spool_bytes_max) {
      failure = ENOSPC;
    }
    if (failure == 0) failure = posix_fallocate(file, 0, static_cast<off_t>(bytes));
    if (failure == 0) {
      mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
      if (mapped == MAP_FAILED) failure = errno;
    }
    if (failure == 0) {
      auto* fresh = new (mapped) SegmentHeader;
      fresh->identity = make_identity(options, writer, sequence + 1, bytes);
      fresh->dropped.store(carried, std::memory_order_relaxed);
      fresh->sealed.store(0, std::memory_order_relaxed);
      fresh->committed.store(spool::kHeaderBytes, std::memory_order_release);
      if (rename(unfinished_path.c_str(), final_path.c_str()) != 0) failure = errno;
    }
    if (failure != 0) {
      if (mapped != MAP_FAILED) munmap(mapped, bytes);
      unlink(unfinished_path.c_str());
      close(file);
      return failure;
    }
    carried = 0;
    close_segment();
    fd = file;
    map = static_cast<std::uint8_t*>(mapped);
    capacity = bytes;
    end = spool::kHeaderBytes;
    ++sequence;
    return 0;
  }

  SpoolOutcome drop() noexcept {
    ++dropped;
    if (map != nullptr) {
      header()->dropped.fetch_add(1, std::memory_order_release);
    } else {
      ++carried;
    }
    return SpoolOutcome::kDropped;
  }
};

SpoolWriter::SpoolWriter(SpoolOptions options) : state_(std::make_unique<State>(std::move(options))) {}
SpoolWriter::~SpoolWriter() {
  if (state_) state_->close_segment();
}
SpoolWriter::SpoolWriter(SpoolWriter&&) noexcept = default;
SpoolWriter& SpoolWriter::operator=(SpoolWriter&& other) noexcept {
  if (this != &other) {
    if (state_) state_->close_segment();
    state_ = std::move(other.state_);
  }
  return *this;
}

SpoolOutcome SpoolWriter::append(const UsageRecord& record) noexcept {
  State& s = *state_;
  const std::size_t bytes = spool::encoded_bytes(record);
  if (s.map == nullptr || s.end + bytes > s.capacity) {
    const std::int64_t waited = record.at.micros - s.tried_at;
    if (s.last_errno != 0 && waited >= 0 && waited < kMicrosBetweenTries) return s.drop();
    s.last_errno = s.open_segment(s.options.segment_bytes, State::Bound::kHolds);
    if (s.last_errno != 0) {
      s.tried_at = record.at.micros;
      // Without room for a record, so that the drops of a worker that never had a segment are counted.
      if (s.map == nullptr) (void)s.open_segment(spool::kHeaderBytes, State::Bound::kNone);
      return s.drop();
    }
  }
  spool::encode(record, s.map + s.end);
  s.end += bytes;
  s.header()->committed.store(s.end, std::memory_order_release);
  return SpoolOutcome::kStored;
}

std::uint64_t SpoolWriter::dropped() const noexcept {
  return state_->dropped;
}
int SpoolWriter::last_errno() const noexcept {
  return state_->last_errno;
}

}  // namespace keyfence
