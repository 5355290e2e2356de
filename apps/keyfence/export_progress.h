#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyfence {

// How far a CSV export has come, on standard error: a bar that is redrawn where that is a terminal, one line at the end
// elsewhere.
class ExportProgress {
 public:
  explicit ExportProgress(std::uint64_t rows_expected);

  void add(std::string_view csv);  // the next piece, cut anywhere
  void clear();                    // takes the bar away
  void finish(std::string_view file);

  [[nodiscard]] std::uint64_t rows() const noexcept { return lines_ == 0 ? 0 : lines_ - 1; }  // without the heading

 private:
  void draw();

  std::uint64_t expected_;
  std::uint64_t lines_ = 0;
  bool quoted_ = false;  // within a field: a line break there ends no row
  bool terminal_;
  std::chrono::steady_clock::time_point begun_, drawn_;
};

// "[#####---------------]  25 %  1,000 of 4,000 rows, 3 s left".
[[nodiscard]] std::string progress_text(std::uint64_t rows, std::uint64_t expected, std::chrono::milliseconds elapsed);

}  // namespace keyfence
