// What docs/decision-order.md and docs/error-bodies.md tell people is what the code does.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "libs/policy/decision.h"
#include "libs/policy/denial_body.h"

namespace keyfence {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream parts(line.substr(1));
  for (std::string cell; std::getline(parts, cell, '|');) {
    const std::size_t first = cell.find_first_not_of(" `");
    const std::size_t last = cell.find_last_not_of(" `");
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

TEST(DecisionOrderDocument, TableOfReasonsIsTheCodes) {
  std::ifstream document(KEYFENCE_DOCS_DIR "/decision-order.md");
  ASSERT_TRUE(document);
  std::size_t next = 0;
  for (std::string line; std::getline(document, line);) {
    if (line.rfind("| ", 0) != 0 || line[2] < '0' || line[2] > '9') continue;
    const std::vector<std::string> cells = cells_of(line);
    ASSERT_GE(cells.size(), 5U) << line;
    ASSERT_LT(next, kReasonCount) << line;
    const auto reason = static_cast<Reason>(next);
    EXPECT_EQ(cells[0], std::to_string(next));
    EXPECT_EQ(cells[1], name(reason));
    EXPECT_EQ(cells[2], std::to_string(http_status(reason)));
    switch (reason) {
      case Reason::kAddressDeniedGlobal:
        EXPECT_EQ(cells[3], name(Layer::kGlobal));
        break;
      case Reason::kAddressDeniedAccount:
        EXPECT_EQ(cells[3], name(Layer::kAccount));
        break;
      case Reason::kAddressDeniedKey:
        EXPECT_EQ(cells[3], name(Layer::kKey));
        break;
      case Reason::kAddressUnknown:
        EXPECT_EQ(cells[3], "the list consulted");
        break;
      default:
        EXPECT_EQ(cells[3], name(Layer::kNone));
    }
    ++next;
  }
  EXPECT_EQ(next, kReasonCount);
}

TEST(ErrorBodiesDocument, ShowsExactlyTheBodiesThatAreSent) {
  std::ifstream document(KEYFENCE_DOCS_DIR "/error-bodies.md");
  ASSERT_TRUE(document);
  std::multiset<std::string> shown;
  for (std::string line; std::getline(document, line);) {
    if (line.rfind('{', 0) == 0) shown.insert(line);
  }
  std::multiset<std::string> sent;
  std::array<char, kDenialBodyBytesMax> buffer{};
  for (const ErrorStyle style : {ErrorStyle::kEnvelope, ErrorStyle::kFlat, ErrorStyle::kProblem}) {
    for (const Reason reason :
         {Reason::kNoPolicy, Reason::kKeyMissing, Reason::kScopeMissing, Reason::kAddressDeniedKey}) {
      sent.emplace(render_denial(style, reason, "0f3c9a5e7d214b68", buffer).text);
    }
  }
  EXPECT_EQ(shown, sent);
}

}  // namespace
}  // namespace keyfence
