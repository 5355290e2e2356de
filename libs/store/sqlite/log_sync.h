#pragma once

#include <string>

#include "libs/store/store_error.h"

namespace keyfence::sqlite {

// Makes durable what others have written to a store's write-ahead log.
//
// Errors   Failure is thrown. After a failed sync nobody knows what of the log is on the disk, and one that succeeds
//          later says nothing about it: the kernel tells of a page that it could not write once.
class LogSync {
 public:
  // Of the store at path, which a connection holds open: so the log is there, and stays the same file.
  explicit LogSync(const std::string& path);
  ~LogSync();
  LogSync(const LogSync&) = delete;
  LogSync& operator=(const LogSync&) = delete;

  [[nodiscard]] static StoreError failure(std::string detail);
  void sync() const;  // returns when all that was written before the call is on the disk

 private:
  int descriptor_ = -1;
};

}  // namespace keyfence::sqlite
