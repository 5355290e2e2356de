#pragma once

#include <string>

#include "libs/base/result.h"
#include "libs/store/control_store.h"

namespace keyfence::sqlite {

// The lock on <path>.lock that makes one process the store's owner; released with the object or the process.
class StoreLock {
 public:
  // Throws Failure: kBusy, kReadOnly, kNoSpace.
  explicit StoreLock(const std::string& path);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  int descriptor_ = -1;
};

// Makes an empty file that only its owner may read, if there is none, and sees that it can be written. Throws Failure.
void make_store_file(const std::string& path);

}  // namespace keyfence::sqlite
