#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <span>

#include "libs/base/result.h"
#include "libs/image/reader.h"

namespace keyfence::image {

// A file mapped for reading. While guard_mapped_reads() is on, a read past the end of a file that was cut short gives
// zeros and sets lost().
//
// Shape    Owns the mapping; moved, never copied.
// Errors   map() says kMissing if there is no such file, kTooShort if it holds less than min_bytes, kUnreadable for
//          everything else the system refuses.
class MappedFile {
 public:
  [[nodiscard]] static Result<MappedFile, ImageError> map(const std::filesystem::path& path,
                                                          std::size_t min_bytes) noexcept;
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  // Whether a part of the file was gone when it was read.
  [[nodiscard]] bool lost() const noexcept;
  // Identity of the file, to tell whether its name now means another one.
  [[nodiscard]] bool is_still(const std::filesystem::path& path) const noexcept;

 private:
  MappedFile() = default;
  void release() noexcept;

  std::span<const std::byte> bytes_;
  std::size_t guard_ = 0;  // index in the table of guarded mappings
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace keyfence::image
