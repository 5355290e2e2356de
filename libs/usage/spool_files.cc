#include "libs/usage/spool_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "libs/base/crc32c.h"

namespace keyfence::spool {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kSegmentSuffix = ".seg";
constexpr std::string_view kUnfinishedSuffix = ".new";
constexpr std::size_t kDigits = 16;

void put_hex(char* out, std::uint64_t value) noexcept {
  for (std::size_t i = kDigits; i-- > 0; value >>= 4) out[i] = kHex[value & 15U];
}

std::optional<std::uint64_t> read_hex(std::string_view digits) noexcept {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const std::size_t digit = kHex.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 4 | digit;
  }
  return value;
}

struct flock whole_file() noexcept {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

void write_segment_name(char* out, std::uint64_t writer, std::uint64_t sequence, NameOf what) noexcept {
  put_hex(out, writer);
  out[kDigits] = '-';
  put_hex(out + kDigits + 1, sequence);
  const std::string_view suffix = what == NameOf::kSegment ? kSegmentSuffix : kUnfinishedSuffix;
  suffix.copy(out + 2 * kDigits + 1, suffix.size());
}

std::optional<SegmentName> parse_segment_name(std::string_view name) noexcept {
  if (name.size() != kSegmentNameBytes || name[kDigits] != '-') return std::nullopt;
  const std::string_view suffix = name.substr(2 * kDigits + 1);
  if (suffix != kSegmentSuffix && suffix != kUnfinishedSuffix) return std::nullopt;
  const auto writer = read_hex(name.substr(0, kDigits));
  const auto sequence = read_hex(name.substr(kDigits + 1, kDigits));
  if (!writer || !sequence) return std::nullopt;
  return SegmentName{*writer, *sequence, suffix == kSegmentSuffix ? NameOf::kSegment : NameOf::kUnfinished};
}

std::uint64_t spool_bytes(const char* dir, std::uint64_t unfinished_bytes) noexcept {
  DIR* handle = opendir(dir);
  if (handle == nullptr) return 0;
  std::uint64_t bytes = 0;
  while (const dirent* item = readdir(handle)) {
    const auto name = parse_segment_name(item->d_name);
    if (name && name->what == NameOf::kUnfinished) {
      bytes += unfinished_bytes;
      continue;
    }
    struct stat status {};
    const bool file =
        fstatat(dirfd(handle), item->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
    if (file) bytes += static_cast<std::uint64_t>(status.st_size);
  }
  closedir(handle);
  return bytes;
}

std::uint32_t identity_check(const SegmentIdentity& identity) noexcept {
  constexpr std::size_t kFrom = offsetof(SegmentIdentity, writer);
  return crc32c(reinterpret_cast<const std::uint8_t*>(&identity) + kFrom, sizeof identity - kFrom);
}

int lock_segment(int fd) noexcept {
  struct flock lock = whole_file();
  return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

bool segment_is_locked(int fd) noexcept {
  struct flock lock = whole_file();
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace keyfence::spool
