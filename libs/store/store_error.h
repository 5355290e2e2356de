#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "libs/base/result.h"

namespace keyfence {

struct StoreError {
  enum class Code : std::uint8_t {
    kNotFound,
    kDuplicate,     // a unique name, digest or canonical entry stands already
    kPrecondition,  // the caller's own refusal inside transact(): nothing was written
    kBusy,          // another process holds the store
    kNoSpace,
    kReadOnly,
    kCorrupt,
    kNewer,  // written by a newer Keyfence
    kFailed,
  };
  Code code = Code::kFailed;
  std::string message;  // may be shown to the caller
  std::string detail;   // for the log only
};

template <class T>
using StoreResult = Result<T, StoreError>;

// A page of rows, oldest id first unless said otherwise; pass the last id of a page as after for the next one.
struct PageRequest {
  std::uint64_t after = 0;
  std::size_t limit = 100;
};

}  // namespace keyfence
