#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "libs/usage/usage_record.h"

namespace keyfence {

struct SpoolOptions {
  std::filesystem::path dir;  // on tmpfs, writable by the worker; made by the daemon
  std::string gateway;        // name of this gateway in every record; at most 64 bytes
  std::size_t segment_bytes = std::size_t{1} << 20;
  std::size_t spool_bytes_max = std::size_t{256} << 20;  // all files in dir together
};

enum class SpoolOutcome : std::uint8_t { kStored, kDropped };

// One gateway worker's end of the usage log: appends records to mapped segment files of its own.
//
// Shape    <dir>/<writer>-<sequence>.seg, as spool_format.h says. A record counts from the moment that its end is
//          stored in `committed`; the worker's death after that loses nothing.
// Errors   append() drops when the directory cannot be written or holds spool_bytes_max; it looks for room again with
//          the first record of a later tenth of a second. The number of drops stands in the last segment, where the
//          drain finds it, or in one without room for records that is made for it. Only where not even that can be
//          made is it carried to the next one, and lost if the worker ends before.
// Threads  One.
// Cost     append() copies the record and computes its CRC; it allocates nothing and makes no system call but when a
//          segment is full (once in some thousand records): then it adds up the directory and makes the next file.
// Source   docs/spool-format.md.
class SpoolWriter {
 public:
  // Makes nothing yet: the first append() does.
  explicit SpoolWriter(SpoolOptions options);
  ~SpoolWriter();  // seals the last segment
  SpoolWriter(SpoolWriter&&) noexcept;
  SpoolWriter& operator=(SpoolWriter&&) noexcept;
  SpoolWriter(const SpoolWriter&) = delete;
  SpoolWriter& operator=(const SpoolWriter&) = delete;

  SpoolOutcome append(const UsageRecord& record) noexcept;

  [[nodiscard]] std::uint64_t dropped() const noexcept;  // since this writer began
  [[nodiscard]] int last_errno() const noexcept;         // why the last segment could not be made; 0: it could

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keyfence
