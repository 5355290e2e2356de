#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/policy/policy.h"

namespace keyfence {

struct ImageWriteError {
  enum class Code : std::uint8_t { kNoSpace, kDenied, kBusy, kFailed };
  Code code;
  std::string message;  // for the operator's log
};

struct ImageOptions {
  std::filesystem::path dir;                // on tmpfs; made if missing
  std::optional<std::string> reader_group;  // group that may read the files; nullopt: the owner's group
  std::uint64_t epoch = 0;                  // of the store that the policy comes from
};

struct ImageStats {
  std::uint64_t generation = 0;
  Revision revision;
  std::size_t keys = 0;
  std::size_t accounts = 0;
  std::size_t file_bytes = 0;      // what the file may grow to
  std::size_t reserved_bytes = 0;  // what it takes of the tmpfs now
  std::size_t arena_used_bytes = 0;
  std::size_t arena_garbage_bytes = 0;
};

// Writes policy images. One writer per directory, held by a lock on <dir>/lock: a second one gets kBusy.
//
// Shape    A build writes a whole generation beside the current one and moves the number in <dir>/current when
//          publish() is called. After that changes are applied in place: new records, then one atomic store each, so
//          that a reader sees the old state of an object or the new one. When the arena is full of garbage, or the
//          table too full, the writer makes the next generation by itself, while changes go on being enforced.
// Errors   kNoSpace: the file system has no room; what was published stands, and the change was not applied. Space is
//          reserved before it is touched, so that a full tmpfs is an error and no signal.
// Threads  One thread calls it; readers are other processes and threads.
// Cost     A key change writes 64 to some hundred bytes. begin_build() .. publish() of 1 million keys of 20 entries:
//          see docs/benchmarks.md.
class ImageWriter {
 public:
  [[nodiscard]] static Result<ImageWriter, ImageWriteError> open(ImageOptions options);
  ~ImageWriter();
  ImageWriter(ImageWriter&&) noexcept;
  ImageWriter& operator=(ImageWriter&&) noexcept;
  ImageWriter(const ImageWriter&) = delete;
  ImageWriter& operator=(const ImageWriter&) = delete;

  // A whole new generation from a snapshot: begin, instance and accounts and keys in any order but accounts before
  // their keys, then publish. expected_keys sizes the table.
  [[nodiscard]] Result<void, ImageWriteError> begin_build(std::size_t expected_keys, std::size_t expected_accounts);
  [[nodiscard]] Result<void, ImageWriteError> build_instance(const InstancePolicy& instance);
  [[nodiscard]] Result<void, ImageWriteError> build_account(const AccountPolicy& account);
  [[nodiscard]] Result<void, ImageWriteError> build_key(const KeyPolicy& key);
  [[nodiscard]] Result<void, ImageWriteError> publish(Revision revision);

  // Changes to the published generation. Each is visible to readers when it returns; advance() then moves the
  // revision, once per change set.
  [[nodiscard]] Result<void, ImageWriteError> put_instance(const InstancePolicy& instance);
  [[nodiscard]] Result<void, ImageWriteError> put_account(const AccountPolicy& account);
  [[nodiscard]] Result<void, ImageWriteError> remove_account(AccountId account);
  [[nodiscard]] Result<void, ImageWriteError> put_key(const KeyPolicy& key);  // new, or replaces by digest
  [[nodiscard]] Result<void, ImageWriteError> remove_key(const KeyDigest& digest);
  [[nodiscard]] Result<void, ImageWriteError> advance(Revision revision);

  // Makes sure that changes of this many bytes can be applied without running out of space; asked before a
  // transaction is committed.
  [[nodiscard]] Result<void, ImageWriteError> reserve(std::size_t bytes);

  [[nodiscard]] ImageStats stats() const noexcept;

 private:
  struct State;
  explicit ImageWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace keyfence
