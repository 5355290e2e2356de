#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/admin/entries.h"

namespace keyfence {

// Many entries for one list at once, with a result for every line.
//
// Shape    Read from text or JSON, then judged against a list as it stands; judging again starts from the lines.
// Errors   What concerns the import as a whole (too many lines, none at all, not the form of JSON asked for) refuses
//          the reading; what concerns a line is its outcome.
// Cost     O((n + m) log(n + m)) for n lines and m standing entries.
class EntryImport {
 public:
  enum class OnDuplicate : std::uint8_t { kFail, kSkip };
  enum class Outcome : std::uint8_t { kError, kSkipped, kAdded };
  enum class Lines : std::uint8_t { kAll, kFailed };

  struct Item {
    std::size_t line = 0;
    std::string text;
    std::string label;
    std::optional<EntryInput> input;  // where the line is an entry
    Outcome outcome = Outcome::kError;
    EntryId id;  // given when it is stored
    FieldError error = {};
    std::vector<EntryWarning> warnings = {};
  };

  [[nodiscard]] static Result<EntryImport, Problem> from_text(std::string_view text, OnDuplicate on_duplicate);
  [[nodiscard]] static Result<EntryImport, Problem> from_json(const boost::json::value& body, OnDuplicate on_duplicate);

  // standing: those of the list that the lines are compared with; the list may hold more.
  void judge(const InstanceRow& instance, const ListRow& list, const std::vector<CandidateEntry>& standing);

  [[nodiscard]] std::vector<Item>& items() noexcept { return items_; }
  [[nodiscard]] const std::vector<Item>& items() const noexcept { return items_; }
  [[nodiscard]] std::size_t count(Outcome outcome) const noexcept;
  // As a JSON array, as text: there may be many.
  void append_lines(std::string& out, Lines which) const;

 private:
  explicit EntryImport(OnDuplicate on_duplicate) : on_duplicate_(on_duplicate) {}
  // Judges these together; true if some of them became skipped, and the others must be judged without them.
  bool judge_once(const InstanceRow& instance, const ListRow& list, const std::vector<CandidateEntry>& standing,
                  const std::vector<Item*>& candidates);

  OnDuplicate on_duplicate_;
  std::vector<Item> items_;
};

}  // namespace keyfence
