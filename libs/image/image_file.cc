#include "libs/image/image_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace keyfence::image {
namespace {

// Address space to grow into. It costs nothing; halved where the system limits it.
constexpr std::size_t kMapBytesMax = std::size_t{256} << 30;
constexpr std::size_t kMapBytesMin = std::size_t{1} << 30;
constexpr std::size_t kChunkBytesMin = std::size_t{64} << 10;
constexpr std::size_t kChunkBytesMax = std::size_t{8} << 20;

}  // namespace

ImageWriteError system_error(const std::string& what) {
  const int number = errno;
  ImageWriteError error{ImageWriteError::Code::kFailed, what + ": " + std::generic_category().message(number)};
  if (number == ENOSPC || number == EDQUOT || number == EFBIG || number == ENOMEM) {
    error.code = ImageWriteError::Code::kNoSpace;
  } else if (number == EACCES || number == EPERM || number == EROFS) {
    error.code = ImageWriteError::Code::kDenied;
  }
  return error;
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) close(fd_);
}
OwnedFd::OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Result<ImageFile, ImageWriteError> ImageFile::create(std::filesystem::path path, std::optional<gid_t> group) {
  ImageFile file;
  file.path_ = std::move(path);
  file.fd_ = OwnedFd(open(file.path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (file.fd_.get() < 0) {
    file.kept_ = true;  // not ours to remove
    return Err{system_error("cannot make " + file.path_.string())};
  }
  if (fchmod(file.fd_.get(), 0640) != 0 || (group && fchown(file.fd_.get(), static_cast<uid_t>(-1), *group) != 0)) {
    return Err{system_error("cannot set group and mode of " + file.path_.string())};
  }
  for (std::size_t bytes = kMapBytesMax; bytes >= kMapBytesMin; bytes /= 2) {
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file.fd_.get(), 0);
    if (at == MAP_FAILED) continue;
    (void)madvise(at, bytes, MADV_HUGEPAGE);
    file.base_ = static_cast<std::byte*>(at);
    file.mapped_ = bytes;
    return file;
  }
  return Err{system_error("cannot map " + file.path_.string())};
}

Result<void, ImageWriteError> ImageFile::reserve(std::size_t bytes) {
  if (bytes <= reserved_) return {};
  const std::size_t limit = size_max_ != 0 ? size_max_ : mapped_;
  if (bytes > limit) return Err{ImageWriteError{ImageWriteError::Code::kNoSpace, path_.string() + " is full"}};
  // Ahead by a sixteenth, so that a large build asks seldom; exactly what is needed if that is not to be had.
  const std::size_t chunk = std::clamp(bytes / 16, kChunkBytesMin, kChunkBytesMax);
  for (const std::size_t target : {std::min((bytes + chunk) / kChunkBytesMin * kChunkBytesMin, limit), bytes}) {
    if (target < bytes) continue;
    int number = EINTR;
    while (number == EINTR) {
      number = posix_fallocate(fd_.get(), static_cast<off_t>(reserved_), static_cast<off_t>(target - reserved_));
    }
    if (number == 0) {
      reserved_ = target;
      return {};
    }
    errno = number;
  }
  return Err{system_error("no room in " + path_.string())};
}

Result<void, ImageWriteError> ImageFile::set_size(std::size_t bytes) {
  if (bytes < reserved_ || bytes > mapped_ || ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
    return Err{system_error("cannot set the length of " + path_.string())};
  }
  size_max_ = bytes;
  return {};
}

ImageFile::~ImageFile() {
  release();
}

ImageFile::ImageFile(ImageFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::move(other.fd_)),
      base_(std::exchange(other.base_, nullptr)),
      mapped_(other.mapped_),
      reserved_(other.reserved_),
      size_max_(other.size_max_),
      kept_(std::exchange(other.kept_, true)) {}

ImageFile& ImageFile::operator=(ImageFile&& other) noexcept {
  if (this != &other) {
    release();
    path_ = std::move(other.path_);
    fd_ = std::move(other.fd_);
    base_ = std::exchange(other.base_, nullptr);
    mapped_ = other.mapped_;
    reserved_ = other.reserved_;
    size_max_ = other.size_max_;
    kept_ = std::exchange(other.kept_, true);
  }
  return *this;
}

void ImageFile::release() noexcept {
  if (base_ != nullptr) munmap(base_, mapped_);
  base_ = nullptr;
  if (!kept_ && !path_.empty()) unlink(path_.c_str());
  kept_ = true;
}

}  // namespace keyfence::image
