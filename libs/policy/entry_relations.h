#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libs/policy/list_rules.h"

namespace keyfence {

// How entries that are to be added lie to those that stand and to one another.
//
// Shape    Each vector has one place per added entry; pointers lead into the vectors given to the constructor, which
//          must outlive this. nullptr: there is none.
// Cost     O((n + m) log m) for n standing and m added, O(n) memory only for standing entries that hold an added one:
//          adding one entry to a million is one pass over the million.
class EntryRelations {
 public:
  EntryRelations(const std::vector<CandidateEntry>& standing, const std::vector<CandidateEntry>& added);

  // A standing entry, or else an earlier added one, with the same range.
  [[nodiscard]] const CandidateEntry* twin(std::size_t index) const noexcept { return twins_[index]; }
  // A standing entry that lies inside the added one.
  [[nodiscard]] const CandidateEntry* inner(std::size_t index) const noexcept { return inners_[index]; }

  // For each added entry the nearest other one, standing or added, that holds it; nearest is the one that begins last.
  // Those marked in `refused` hold nothing.
  [[nodiscard]] std::vector<const CandidateEntry*> holders(const std::vector<std::uint8_t>& refused) const;

  [[nodiscard]] bool stands(const CandidateEntry* entry) const noexcept;

 private:
  [[nodiscard]] std::size_t index_of(const CandidateEntry* added) const noexcept {
    return static_cast<std::size_t>(added - added_.data());
  }
  void find_added_twins();
  void read_standing();

  const std::vector<CandidateEntry>& standing_;
  const std::vector<CandidateEntry>& added_;
  std::vector<const CandidateEntry*> order_;             // added, in order of precedes()
  std::vector<const CandidateEntry*> standing_holders_;  // those that hold an added one, in order of precedes()
  std::vector<const CandidateEntry*> twins_;
  std::vector<const CandidateEntry*> inners_;
};

}  // namespace keyfence
