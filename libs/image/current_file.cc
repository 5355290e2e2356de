#include "libs/image/current_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "libs/image/checksum.h"

namespace keyfence::image {
namespace {

constexpr std::size_t kStaticBytes = 12;  // magic and layout version, which crc covers

bool is_valid(const CurrentHeader& header) noexcept {
  return header.magic == kCurrentMagic && header.layout_version == kLayoutVersion &&
         header.crc == crc32c(&header, kStaticBytes, 0) && unseal(header.generation) != kUnsealed;
}

}  // namespace

Result<CurrentFile, ImageWriteError> CurrentFile::open(const std::filesystem::path& dir, std::optional<gid_t> group) {
  const std::filesystem::path path = dir / "current";
  const OwnedFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (fd.get() < 0) return Err{system_error("cannot open " + path.string())};
  if (fchmod(fd.get(), 0640) != 0 || (group && fchown(fd.get(), static_cast<uid_t>(-1), *group) != 0)) {
    return Err{system_error("cannot set group and mode of " + path.string())};
  }
  if (const int number = posix_fallocate(fd.get(), 0, kPageBytes); number != 0) {
    errno = number;
    return Err{system_error("no room for " + path.string())};
  }
  void* at = mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return Err{system_error("cannot map " + path.string())};
  CurrentFile file;
  file.header_ = static_cast<CurrentHeader*>(at);
  if (!is_valid(*file.header_)) {
    // Readers that look meanwhile find no number, and stay with what they have.
    store_release(file.header_->generation, std::uint64_t{0});
    file.header_->magic = kCurrentMagic;
    file.header_->layout_version = kLayoutVersion;
    file.header_->crc = crc32c(file.header_, kStaticBytes, 0);
    store_release(file.header_->generation, seal(0));
  }
  return file;
}

CurrentFile::~CurrentFile() {
  if (header_ != nullptr) munmap(header_, kPageBytes);
}
CurrentFile::CurrentFile(CurrentFile&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
CurrentFile& CurrentFile::operator=(CurrentFile&& other) noexcept {
  std::swap(header_, other.header_);
  return *this;
}

std::uint64_t CurrentFile::generation() const noexcept {
  return unseal(load_acquire(header_->generation));
}

void CurrentFile::flip(std::uint64_t generation, std::uint64_t epoch) noexcept {
  header_->epoch = epoch;
  store_release(header_->generation, seal(generation));
}

}  // namespace keyfence::image
