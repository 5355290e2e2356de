#include "libs/store/sqlite/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {
namespace {

[[noreturn]] void fail_open(const std::string& path, int error) {
  using Code = StoreError::Code;
  std::string detail = "open " + path + ": " + std::strerror(error);
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      throw Failure{{Code::kReadOnly,
                     path + " cannot be written; give Keyfence's user write permission to the data directory",
                     std::move(detail)}};
    case ENOSPC:
    case EDQUOT:
      throw Failure{{Code::kNoSpace, "no space left for " + path + "; free space on its disk", std::move(detail)}};
    case ENOENT:
    case ENOTDIR:
      throw Failure{
          {Code::kFailed, "the directory of " + path + " does not exist; make it or name another", std::move(detail)}};
    default:
      throw Failure{{Code::kFailed, path + " cannot be opened", std::move(detail)}};
  }
}

int open_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) fail_open(path, errno);
  return descriptor;
}

}  // namespace

StoreLock::StoreLock(const std::string& path) : descriptor_(open_file(path + ".lock")) {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(descriptor_);
  if (error != EWOULDBLOCK) fail_open(path + ".lock", error);
  throw Failure{{StoreError::Code::kBusy,
                 "another Keyfence process uses " + path + "; stop that one or choose another data directory",
                 "flock: " + std::string(std::strerror(error))}};
}

StoreLock::~StoreLock() {
  ::close(descriptor_);
}

void make_store_file(const std::string& path) {
  ::close(open_file(path));
}

}  // namespace keyfence::sqlite
