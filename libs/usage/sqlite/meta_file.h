#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libs/sqlite/connection.h"
#include "libs/usage/sqlite/day_reader.h"
#include "libs/usage/usage_store.h"

namespace keyfence::usage_sqlite {

// What outlives the days' files: how far each segment is stored, what was dropped and damaged, and the evidence of
// days that retention has removed. Throws sql::Failure.
// Threads  One at a time.
class MetaFile {
 public:
  explicit MetaFile(const std::string& path);

  void segments_stored(std::span<const UsageBatch> batches, Timestamp now);
  [[nodiscard]] std::uint64_t stored_up_to(std::uint64_t writer, std::uint64_t sequence);
  struct Losses {
    std::uint64_t dropped = 0, damaged = 0;
  };
  [[nodiscard]] Losses losses();

  // Takes over a day's evidence, once: a second call for the same day does nothing.
  void fold(std::uint64_t day, DayReader& reader);
  [[nodiscard]] bool folded(std::uint64_t day);
  // The day's file is made anew: late records are its own, and will be folded like others.
  void forget_folded(std::uint64_t day);
  [[nodiscard]] std::optional<DayReader::RawEvidence> evidence(int kind, std::uint64_t id);
  [[nodiscard]] bool has_evidence() const noexcept { return has_evidence_; }
  // Many look-ups at the cost of one: while it lives, the file is locked once.
  [[nodiscard]] sql::ReadSnapshot one_snapshot() { return sql::ReadSnapshot(connection_); }
  // Forgets where segments stood that were last heard of before; their losses stay in the totals.
  void forget_segments(Timestamp before);

 private:
  sql::Connection connection_;
  bool has_evidence_ = false;
  sql::Statement begin_, commit_, set_segment_, segment_, losses_, add_evidence_, add_folded_, remove_folded_, folded_,
      evidence_, sum_old_, delete_old_, add_losses_;
};

}  // namespace keyfence::usage_sqlite
