#include "libs/image/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

namespace keyfence::image {
namespace {

// The mappings that the signal handler may repair. Fixed and lock-free, since a handler reads it.
struct Guarded {
  std::atomic<std::uintptr_t> begin{0};  // 0: free; 1: being filled
  std::atomic<std::size_t> size{0};
  std::atomic<bool> lost{false};
};
constexpr std::size_t kGuardedMax = 4096;
std::array<Guarded, kGuardedMax> guarded;
std::atomic<bool> installed{false};
std::uintptr_t page_bytes = 4096;  // of this machine; set before the handler is installed
struct sigaction previous;

// The index of a free place, filled; kGuardedMax if there is none.
std::size_t guard(std::span<const std::byte> bytes) noexcept {
  for (std::size_t i = 0; i < kGuardedMax; ++i) {
    std::uintptr_t free = 0;
    if (!guarded[i].begin.compare_exchange_strong(free, 1)) continue;
    guarded[i].size.store(bytes.size());
    guarded[i].lost.store(false);
    guarded[i].begin.store(reinterpret_cast<std::uintptr_t>(bytes.data()));
    return i;
  }
  return kGuardedMax;
}

bool repair(void* fault) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(fault);
  for (Guarded& mapping : guarded) {
    const std::uintptr_t begin = mapping.begin.load();
    if (begin <= 1 || address < begin || address - begin >= mapping.size.load()) continue;
    // Both set before the page is there, so that whoever read zeros finds the flag.
    mapping.lost.store(true);
    void* page = static_cast<char*>(fault) - address % page_bytes;
    return mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page;
  }
  return false;
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  const bool repaired = repair(info->si_addr);
  errno = saved;
  if (repaired) return;
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN && previous.sa_handler != nullptr) {
    previous.sa_handler(signal);
  } else {
    // The fault happens again on return, and now ends the process.
    std::signal(signal, SIG_DFL);
  }
}

}  // namespace

Result<MappedFile, ImageError> MappedFile::map(const std::filesystem::path& path, std::size_t min_bytes) noexcept {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return Err{errno == ENOENT || errno == ENOTDIR ? ImageError::kMissing : ImageError::kUnreadable};
  struct stat status {};
  MappedFile file;
  ImageError error = ImageError::kUnreadable;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size < min_bytes || size == 0) {
      error = ImageError::kTooShort;
    } else if (void* at = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0); at != MAP_FAILED) {
      (void)madvise(at, size, MADV_HUGEPAGE);  // where the file system gives them
      file.bytes_ = {static_cast<const std::byte*>(at), size};
      file.device_ = status.st_dev;
      file.inode_ = status.st_ino;
      file.guard_ = guard(file.bytes_);
    }
  }
  close(fd);
  if (file.bytes_.empty()) return Err{error};
  if (file.guard_ == kGuardedMax) return Err{ImageError::kUnreadable};
  return file;
}

MappedFile::~MappedFile() {
  release();
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), guard_(other.guard_), device_(other.device_), inode_(other.inode_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    release();
    bytes_ = std::exchange(other.bytes_, {});
    guard_ = other.guard_;
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

void MappedFile::release() noexcept {
  if (bytes_.empty()) return;
  if (guard_ < kGuardedMax) guarded[guard_].begin.store(0);
  munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  bytes_ = {};
}

bool MappedFile::lost() const noexcept {
  return guarded[guard_].lost.load(std::memory_order_relaxed);
}

bool MappedFile::is_still(const std::filesystem::path& path) const noexcept {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

}  // namespace keyfence::image

namespace keyfence {

void guard_mapped_reads() noexcept {
  if (image::installed.exchange(true)) return;
  image::page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = image::on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  (void)sigaction(SIGBUS, &action, &image::previous);
}

}  // namespace keyfence
