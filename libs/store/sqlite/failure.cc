#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {

StoreError error_of(const sql::Failure& failure) {
  using Code = StoreError::Code;
  switch (failure.code) {
    case sql::Failure::Code::kNotFound:
      return {Code::kNotFound, "what this refers to does not exist", failure.detail};
    case sql::Failure::Code::kDuplicate:
      return {Code::kDuplicate, "this exists already", failure.detail};
    case sql::Failure::Code::kBusy:
      return {Code::kBusy, "the store is in use by another process; stop that one first", failure.detail};
    case sql::Failure::Code::kNoSpace:
      return {Code::kNoSpace,
              "no space left for the store; nothing was changed; free space on the disk of the data directory",
              failure.detail};
    case sql::Failure::Code::kReadOnly:
      return {Code::kReadOnly,
              "the store cannot be written; give Keyfence's user write permission to the data directory and its files",
              failure.detail};
    case sql::Failure::Code::kCorrupt:
      return {Code::kCorrupt, "the store's file is damaged; stop Keyfence and restore the data directory from a backup",
              failure.detail};
    case sql::Failure::Code::kFailed:
      break;
  }
  return {Code::kFailed, "the store failed", failure.detail};
}

}  // namespace keyfence::sqlite
