#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/usage/usage_record.h"

namespace keyfence {

struct SpoolSegment {
  std::uint64_t writer = 0;
  std::uint64_t sequence = 0;
  std::filesystem::path path;
};

// The segments in a spool directory, by writer, then sequence. Files of other names are passed over.
[[nodiscard]] std::vector<SpoolSegment> list_spool(const std::filesystem::path& dir);

enum class SegmentState : std::uint8_t {
  kLive,   // its writer may append
  kEnded,  // sealed, or its writer is dead: what is committed is all there will be
};

struct SegmentRead {
  std::uint64_t next_offset = 0;    // where to go on; everything before it was given to the sink, or is damaged
  std::uint64_t dropped = 0;        // as the segment says now, counted from its beginning
  std::uint64_t damaged = 0;        // committed records, or runs of them, that failed their check and were skipped
  std::uint64_t backlog_bytes = 0;  // committed bytes after next_offset
  SegmentState state = SegmentState::kLive;
  std::string gateway;
  Timestamp created_at;             // as its writer's clock said
  std::vector<std::uint8_t> bytes;  // what the records' texts point into
};

using SegmentSink = std::function<void(const UsageRecord& record, std::uint64_t end_offset)>;

enum class SegmentError : std::uint8_t { kGone, kUnreadable, kForeign };

// Hands the committed records from an offset (0 to begin) to the sink, each with the offset at which it ends: about
// bytes_max of them, and at least one record where there is one. Texts are valid as long as the answer is.
//
// Errors   kGone: removed meanwhile. kUnreadable: not ours to read. kForeign: no segment of this version. A record that
// fails its check
//          is skipped and counted, never handed on; damage that hides where the next record begins ends the segment.
// Threads  Any; reads with pread, so that a file cut short is an error and no signal.
[[nodiscard]] Result<SegmentRead, SegmentError> read_segment(const SpoolSegment& segment, std::uint64_t from_offset,
                                                             std::size_t bytes_max, const SegmentSink& sink);

// The committed bytes after an offset; 0 if the segment cannot be read.
[[nodiscard]] std::uint64_t backlog_of(const SpoolSegment& segment, std::uint64_t from_offset);

// Removes what writers that are gone had begun and never finished: no record is in it.
void remove_unfinished(const std::filesystem::path& dir) noexcept;
// Removes a segment that is ended and stored.
void remove_segment(const SpoolSegment& segment) noexcept;

}  // namespace keyfence
