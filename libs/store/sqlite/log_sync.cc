#include "libs/store/sqlite/log_sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {
namespace {

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

}  // namespace

LogSync::LogSync(const std::string& path) : descriptor_(::open((path + "-wal").c_str(), O_RDWR | O_CLOEXEC)) {
  if (descriptor_ >= 0) return;
  throw Failure{{StoreError::Code::kFailed, "the store's log cannot be opened", reason_of(errno)}};
}

LogSync::~LogSync() {
  ::close(descriptor_);
}

StoreError LogSync::failure(std::string detail) {
  return {StoreError::Code::kFailed,
          "the disk did not confirm what was written; changes are refused until Keyfence is started again, which then"
          " shows whether the last ones stand",
          std::move(detail)};
}

void LogSync::sync() const {
  while (::fdatasync(descriptor_) != 0) {
    if (errno == EINTR) continue;
    throw Failure{failure("fdatasync of the store's log: " + reason_of(errno))};
  }
}

}  // namespace keyfence::sqlite
