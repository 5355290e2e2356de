#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "libs/sqlite/connection.h"
#include "libs/usage/sqlite/id_map.h"
#include "libs/usage/usage_store.h"

namespace keyfence::usage_sqlite {

enum class EvidenceKind : std::uint8_t { kEntry = 0, kKeyAllowed = 1, kKeyDenied = 2 };
inline constexpr std::size_t kEvidenceKinds = 3;

// What the records of one transaction say of keys and entries, counted in memory and written once for each.
// Threads  One.
class EvidenceTally {
 public:
  explicit EvidenceTally(sql::Connection& connection);

  void add(const UsageRecord& record, const MatchedEntries& matched);
  void write();  // within the transaction; throws sql::Failure
  void clear() noexcept;

 private:
  struct Count {
    std::uint64_t id = 0;
    std::uint64_t hits = 0;
    std::int64_t first = 0, last = 0;
    std::optional<std::array<std::uint8_t, 16>> address;
  };
  struct OfKind {
    std::vector<Count> counts;
    IdMap<std::uint32_t> places;  // in counts
  };

  void add(EvidenceKind kind, std::uint64_t id, const UsageRecord& record);

  sql::Statement add_evidence_;
  std::array<OfKind, kEvidenceKinds> kinds_;
};

}  // namespace keyfence::usage_sqlite
