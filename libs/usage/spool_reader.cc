#include "libs/usage/spool_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

#include "libs/usage/record_codec.h"
#include "libs/usage/spool_files.h"

namespace keyfence {
namespace {

class File {
 public:
  // Workers may put what they like into the directory: a pipe must not be waited for.
  explicit File(const char* path) noexcept : fd_(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

// The bytes at an offset; fewer than asked for at the end of the file.
std::vector<std::uint8_t> read_at(int fd, std::uint64_t offset, std::size_t bytes) {
  std::vector<std::uint8_t> out(bytes);
  std::size_t got = 0;
  while (got < bytes) {
    const ssize_t n = pread(fd, out.data() + got, bytes - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  out.resize(got);
  return out;
}

// What the header says at one moment, as plain numbers.
struct HeaderNow {
  spool::SegmentIdentity identity;
  std::uint64_t committed, dropped, sealed;
};

std::optional<HeaderNow> read_header(int fd) {
  const std::vector<std::uint8_t> bytes = read_at(fd, 0, sizeof(spool::SegmentHeader));
  if (bytes.size() != sizeof(spool::SegmentHeader)) return std::nullopt;
  HeaderNow now{};
  const auto load = [&bytes](std::size_t offset) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
  };
  std::memcpy(&now.identity, bytes.data(), sizeof now.identity);
  now.committed = load(offsetof(spool::SegmentHeader, committed));
  now.dropped = load(offsetof(spool::SegmentHeader, dropped));
  now.sealed = load(offsetof(spool::SegmentHeader, sealed));
  if (now.identity.magic != spool::kMagic || now.identity.version != spool::kVersion ||
      now.identity.check != spool::identity_check(now.identity)) {
    return std::nullopt;
  }
  return now;
}

}  // namespace

std::vector<SpoolSegment> list_spool(const std::filesystem::path& dir) {
  std::vector<SpoolSegment> segments;
  std::error_code failed;
  for (std::filesystem::directory_iterator item(dir, failed), end; !failed && item != end; item.increment(failed)) {
    const auto name = spool::parse_segment_name(item->path().filename().native());
    if (name && name->what == spool::NameOf::kSegment) segments.push_back({name->writer, name->sequence, item->path()});
  }
  std::sort(segments.begin(), segments.end(), [](const SpoolSegment& a, const SpoolSegment& b) {
    return std::pair(a.writer, a.sequence) < std::pair(b.writer, b.sequence);
  });
  return segments;
}

Result<SegmentRead, SegmentError> read_segment(const SpoolSegment& segment, std::uint64_t from_offset,
                                               std::size_t bytes_max, const SegmentSink& sink) {
  const File file(segment.path.c_str());
  if (file.fd() < 0) {
    if (errno == ENOENT) return Err{SegmentError::kGone};
    return Err{errno == ELOOP || errno == ENXIO ? SegmentError::kForeign : SegmentError::kUnreadable};
  }
  struct stat status {};
  if (fstat(file.fd(), &status) != 0) return Err{SegmentError::kUnreadable};
  if (!S_ISREG(status.st_mode)) return Err{SegmentError::kForeign};
  // Whether an end has come is asked before where the end is: what is committed after the answer "ended" is nothing.
  const bool writer_lives = spool::segment_is_locked(file.fd());
  const auto before = read_header(file.fd());
  const auto header = read_header(file.fd());
  if (!before || !header || header->identity.writer != segment.writer ||
      header->identity.sequence != segment.sequence) {
    return Err{SegmentError::kForeign};
  }
  if (fstat(file.fd(), &status) != 0) return Err{SegmentError::kUnreadable};
  const std::uint64_t committed = std::min(header->committed, static_cast<std::uint64_t>(status.st_size));

  SegmentRead read;
  read.state = !writer_lives || before->sealed != 0 ? SegmentState::kEnded : SegmentState::kLive;
  read.dropped = header->dropped;
  read.gateway.assign(header->identity.gateway.data(),
                      strnlen(header->identity.gateway.data(), header->identity.gateway.size()));
  read.created_at = Timestamp{header->identity.created_micros};
  read.next_offset = std::max<std::uint64_t>(from_offset, spool::kHeaderBytes);
  if (read.next_offset >= committed) {
    if (header->committed > read.next_offset) {  // the file was cut short: what was there is lost
      ++read.damaged;
      read.next_offset = header->committed;
    }
    return read;
  }
  const std::size_t wanted = static_cast<std::size_t>(
      std::min<std::uint64_t>(committed - read.next_offset, std::max(bytes_max, spool::kRecordBytesMax)));
  read.bytes = read_at(file.fd(), read.next_offset, wanted);
  const bool to_the_end = read.next_offset + read.bytes.size() >= committed;
  std::span<const std::uint8_t> rest(read.bytes);
  while (!rest.empty()) {
    const auto length = spool::plausible_length(rest);
    if (!length) {
      if (!to_the_end && rest.size() < spool::kRecordBytesMax) break;  // the window may end within this record
      ++read.damaged;
      read.next_offset = committed;
      return read;
    }
    read.next_offset += *length;
    if (const auto record = spool::decode(rest.first(*length))) {
      sink(*record, read.next_offset);
    } else {
      ++read.damaged;
    }
    rest = rest.subspan(*length);
  }
  read.backlog_bytes = header->committed - read.next_offset;
  return read;
}

std::uint64_t backlog_of(const SpoolSegment& segment, std::uint64_t from_offset) {
  const File file(segment.path.c_str());
  if (file.fd() < 0) return 0;
  const auto header = read_header(file.fd());
  const std::uint64_t from = std::max<std::uint64_t>(from_offset, spool::kHeaderBytes);
  return header && header->committed > from ? header->committed - from : 0;
}

void remove_unfinished(const std::filesystem::path& dir) noexcept {
  std::error_code failed;
  for (std::filesystem::directory_iterator item(dir, failed), end; !failed && item != end; item.increment(failed)) {
    const auto name = spool::parse_segment_name(item->path().filename().native());
    if (!name || name->what != spool::NameOf::kUnfinished) continue;
    const File file(item->path().c_str());
    struct stat status {};
    // A writer makes, locks and renames it within moments; a minute later nobody will.
    const bool old = file.fd() >= 0 && fstat(file.fd(), &status) == 0 && status.st_mtime + 60 < time(nullptr);
    if (old && !spool::segment_is_locked(file.fd())) unlink(item->path().c_str());
  }
}

void remove_segment(const SpoolSegment& segment) noexcept {
  unlink(segment.path.c_str());
}

}  // namespace keyfence
