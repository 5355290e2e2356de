#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "libs/sqlite/connection.h"
#include "libs/usage/sqlite/day_index.h"
#include "libs/usage/sqlite/evidence_tally.h"
#include "libs/usage/sqlite/id_map.h"
#include "libs/usage/usage_store.h"

namespace keyfence::usage_sqlite {

enum class IdKind : std::uint8_t { kKey = 0, kAccount = 1, kEntry = 2 };

// Makes the file of a day if it is missing, and checks that a standing one is ours; answers its layout's version.
// Throws sql::Failure.
std::int64_t prepare_day_file(const std::string& path);

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
  // A record of this day that is new, and what its batch says of it.
  struct Arrival {
    std::int64_t at = 0;
    const StorableRecord* item = nullptr;
    std::int64_t gateway = 0;
    std::uint64_t tie = 0;
  };

  template <class Function>
  void in_transaction(Function&& function);
  void collect(const UsageBatch& batch);
  void insert(const Arrival& arrival);
  TextColumn text_column(std::string_view text);
  TextColumn path_column(std::string_view path);
  // The number that stands for a text; nullopt if it is new and the dictionary holds so many already.
  std::optional<std::int64_t> reference(std::string_view text, std::int64_t entries_max);
  // Of an id; nullopt for none.
  std::optional<std::int64_t> reference(IdMap<std::int64_t>& cache, IdKind kind, std::uint64_t id);

  std::uint64_t day_;
  std::int64_t version_;
  sql::Connection connection_;
  sql::Statement begin_, commit_, position_, set_position_, insert_record_, find_text_, add_text_, count_texts_,
      find_id_, add_id_, newest_to_go_, remove_up_to_, used_;
  std::optional<DayIndex> index_;  // none where the file is of the layout without parts
  EvidenceTally evidence_;
  std::vector<Arrival> arrivals_;
  Dictionary texts_;
  std::int64_t dictionary_size_ = 0;  // at least
  // Where the last search for a free id in a microsecond ended.
  std::optional<std::uint64_t> search_base_;
  std::uint64_t search_tie_ = 0, search_tries_ = 0;
  IdMap<std::int64_t> keys_, accounts_, entries_;
};

}  // namespace keyfence::usage_sqlite
