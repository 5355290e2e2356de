#include "apps/keyfence/export_progress.h"

#include <gtest/gtest.h>

namespace keyfence {
namespace {

using std::chrono::milliseconds;

TEST(ExportProgress, TheBarTellsShareRowsAndWhatIsLeft) {
  EXPECT_EQ(progress_text(0, 4000, milliseconds(0)), "[------------------------]   0 %  0 of 4,000 rows");
  EXPECT_EQ(progress_text(1000, 4000, milliseconds(1000)),
            "[######------------------]  25 %  1,000 of 4,000 rows, 4 s left");
  EXPECT_EQ(progress_text(4000, 4000, milliseconds(4000)), "[########################] 100 %  4,000 of 4,000 rows");
  EXPECT_EQ(progress_text(0, 0, milliseconds(0)), "[########################] 100 %  0 of 0 rows");
  EXPECT_EQ(progress_text(1234567, 1000000, milliseconds(1)),
            "[########################] 100 %  1,234,567 of 1,234,567 rows");
}

TEST(ExportProgress, LineBreaksWithinAFieldEndNoRowWhereverThePiecesAreCut) {
  const std::string csv = "a,b\r\n1,\"x\r\ny\"\r\n2,\"say \"\"hi\"\"\n\"\r\n";
  for (std::size_t cut = 0; cut <= csv.size(); ++cut) {
    ExportProgress progress(2);
    progress.add(csv.substr(0, cut));
    progress.add(csv.substr(cut));
    EXPECT_EQ(progress.rows(), 2U) << cut;
  }
}

}  // namespace
}  // namespace keyfence
