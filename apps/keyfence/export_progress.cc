#include "apps/keyfence/export_progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace keyfence {
namespace {

constexpr std::chrono::milliseconds kDrawEvery{100};
constexpr std::size_t kBarCells = 24;

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return text;
}

}  // namespace

std::string progress_text(std::uint64_t rows, std::uint64_t expected, std::chrono::milliseconds elapsed) {
  // Records arrive while an export runs: it may have more rows than were counted.
  const std::uint64_t all = std::max(rows, expected);
  const double share = all == 0 ? 1 : static_cast<double>(rows) / static_cast<double>(all);
  const auto filled = static_cast<std::size_t>(share * kBarCells);
  const std::string percent = std::to_string(static_cast<int>(share * 100));
  std::string text = "[" + std::string(filled, '#') + std::string(kBarCells - filled, '-') + "] " +
                     std::string(3 - std::min<std::size_t>(percent.size(), 3), ' ') + percent + " %  " + grouped(rows) +
                     " of " + grouped(all) + " rows";
  if (rows > 0 && rows < all) {
    const double left = static_cast<double>(elapsed.count()) / 1000 * (1 / share - 1);
    text += ", " + grouped(static_cast<std::uint64_t>(left) + 1) + " s left";
  }
  return text;
}

ExportProgress::ExportProgress(std::uint64_t rows_expected)
    : expected_(rows_expected), terminal_(isatty(STDERR_FILENO) == 1), begun_(std::chrono::steady_clock::now()) {}

void ExportProgress::add(std::string_view csv) {
  for (const char c : csv) {
    if (c == '"') quoted_ = !quoted_;
    if (c == '\n' && !quoted_) ++lines_;
  }
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - drawn_ < kDrawEvery) return;
  drawn_ = now;
  draw();
}

void ExportProgress::draw() {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
  std::fprintf(stderr, "\r%s\x1b[K", progress_text(rows(), expected_, elapsed).c_str());
  std::fflush(stderr);
}

void ExportProgress::clear() {
  if (terminal_) std::fputs("\r\x1b[K", stderr);
}

void ExportProgress::finish(std::string_view file) {
  clear();
  std::fprintf(stderr, "%s rows in %.*s\n", grouped(rows()).c_str(), static_cast<int>(file.size()), file.data());
}

}  // namespace keyfence
