#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "libs/sqlite/connection.h"
#include "libs/usage/usage_store.h"

namespace keyfence::usage_sqlite {

enum class EvidenceKind : std::uint8_t { kEntry = 0, kKeyAllowed = 1, kKeyDenied = 2 };
inline constexpr std::size_t kEvidenceKinds = 3;
enum class IdKind : std::uint8_t { kKey = 0, kAccount = 1, kEntry = 2 };

// Makes the file of a day if it is missing, and checks that a standing one is ours. Throws sql::Failure.
void prepare_day_file(const std::string& path);

// Appends to one day's file.
//
// Shape    store() is one transaction: the records of the batches that belong to this day and are not stored yet, the
//          evidence that they are, and how far the segments got.
// Errors   Throws sql::Failure; then nothing of the batches is in the file.
// Threads  One.
class DayWriter {
 public:
  DayWriter(const std::string& path, std::uint64_t day);

  // Answers how many records were new.
  std::uint64_t store(std::span<const UsageBatch> batches);
  // Removes the oldest records, but not their evidence; answers how many there were. Their room is used again.
  std::uint64_t remove_oldest(std::uint64_t count);
  [[nodiscard]] std::uint64_t used_bytes();  // of the file, without what is free for more

 private:
  // The number that stands for a text, or the text itself once the dictionary is full.
  using TextColumn = std::variant<std::int64_t, std::span<const std::uint8_t>>;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using Dictionary = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;
  struct EvidenceNow {
    std::uint64_t hits = 0;
    std::int64_t first = 0, last = 0;
    std::optional<std::array<std::uint8_t, 16>> address;
    void add(const UsageRecord& record);
  };

  std::uint64_t store_records(const UsageBatch& batch);
  void insert(const StorableRecord& item, std::int64_t gateway, std::uint64_t tie);
  void write_evidence();
  std::unordered_map<std::uint64_t, EvidenceNow>& evidence_of(EvidenceKind kind) {
    return evidence_[static_cast<std::size_t>(kind)];
  }
  TextColumn text_column(std::string_view text);
  TextColumn path_column(std::string_view path);
  // The number that stands for a text; nullopt if it is new and the dictionary holds so many already.
  std::optional<std::int64_t> reference(std::string_view text, std::int64_t entries_max);
  std::int64_t reference(std::unordered_map<std::uint64_t, std::int64_t>& cache, int kind, std::uint64_t id);

  std::uint64_t day_;
  sql::Connection connection_;
  sql::Statement begin_, commit_, position_, set_position_, insert_record_, find_text_, add_text_, count_texts_,
      find_id_, add_id_, remove_oldest_, used_, add_evidence_;
  Dictionary texts_;
  std::int64_t dictionary_size_ = 0;  // at least
  // Where the last search for a free id in a microsecond ended.
  std::optional<std::uint64_t> search_base_;
  std::uint64_t search_tie_ = 0, search_tries_ = 0;
  std::unordered_map<std::uint64_t, std::int64_t> keys_, accounts_, entries_;
  std::array<std::unordered_map<std::uint64_t, EvidenceNow>, kEvidenceKinds> evidence_;  // by kind, then id
};

}  // namespace keyfence::usage_sqlite
