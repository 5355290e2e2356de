#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "libs/base/result.h"
#include "libs/image/writer.h"

#include <sys/types.h>

namespace keyfence::image {

// What a failed system call means to the writer; reads errno.
[[nodiscard]] ImageWriteError system_error(const std::string& what);

// A file descriptor that closes itself.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) noexcept : fd_(fd) {}
  ~OwnedFd();
  OwnedFd(OwnedFd&& other) noexcept;
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

// A file that is written through a mapping and grows.
//
// Shape    Mapped once, with room to grow into; space is taken from the file system in chunks before it is touched, so
//          that a full one is an error and no signal. Removed on destruction unless keep() was called.
// Errors   kNoSpace, kDenied, kFailed.
class ImageFile {
 public:
  // Makes the file, mode 0640, of the group if given. It must not exist.
  [[nodiscard]] static Result<ImageFile, ImageWriteError> create(std::filesystem::path path,
                                                                 std::optional<gid_t> group);
  ~ImageFile();
  ImageFile(ImageFile&& other) noexcept;
  ImageFile& operator=(ImageFile&& other) noexcept;
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;

  [[nodiscard]] std::byte* base() const noexcept { return base_; }
  [[nodiscard]] std::size_t reserved_bytes() const noexcept { return reserved_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  // Makes sure that the first bytes of the file are there to be written.
  [[nodiscard]] Result<void, ImageWriteError> reserve(std::size_t bytes);
  // Sets the length of the file; beyond what is reserved it stays a hole.
  [[nodiscard]] Result<void, ImageWriteError> set_size(std::size_t bytes);
  void keep() noexcept { kept_ = true; }

 private:
  ImageFile() = default;
  void release() noexcept;

  std::filesystem::path path_;
  OwnedFd fd_;
  std::byte* base_ = nullptr;
  std::size_t mapped_ = 0;
  std::size_t reserved_ = 0;
  std::size_t size_max_ = 0;  // set by set_size()
  bool kept_ = false;
};

}  // namespace keyfence::image
