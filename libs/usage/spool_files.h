#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "libs/usage/spool_format.h"

// Names, identity and locks of segment files: what writer and reader of the spool share beside the layout.
namespace keyfence::spool {

// "0123456789abcdef-0000000000000001.seg": writer and sequence as 16 hexadecimal digits each. While a segment is being
// made its name ends in ".new".
inline constexpr std::size_t kSegmentNameBytes = 37;
enum class NameOf : std::uint8_t { kSegment, kUnfinished };

void write_segment_name(char* out, std::uint64_t writer, std::uint64_t sequence, NameOf what) noexcept;  // no NUL
struct SegmentName {
  std::uint64_t writer;
  std::uint64_t sequence;
  NameOf what;
};
[[nodiscard]] std::optional<SegmentName> parse_segment_name(std::string_view name) noexcept;

// What the files of a directory take, those that were set aside too; one that is being made counts as given. 0 if the
// directory cannot be read.
[[nodiscard]] std::uint64_t spool_bytes(const char* dir, std::uint64_t unfinished_bytes) noexcept;

[[nodiscard]] std::uint32_t identity_check(const SegmentIdentity& identity) noexcept;

// A writer holds a lock on its segment for as long as it lives: the kernel lets go of it with the process.
// Open-file-description locks: they can be asked after without being taken.
[[nodiscard]] int lock_segment(int fd) noexcept;  // 0, or errno
[[nodiscard]] bool segment_is_locked(int fd) noexcept;

}  // namespace keyfence::spool
