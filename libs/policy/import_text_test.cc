#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/policy/list_rules.h"

namespace keyfence {
namespace {

using namespace std::string_view_literals;

std::string shown(std::string_view text) {
  std::string out;
  for (const ImportLine& line : split_import(text)) {
    out += std::to_string(line.number) + "[" + line.entry + "|" + line.label + "]";
  }
  return out;
}

TEST(SplitImport, ReadsEntriesLabelsAndComments) {
  EXPECT_EQ(shown("203.0.113.5\n203.0.113.0/24, Office\n\n# note, with comma\n  10.0.0.1 - 10.0.0.9,Lab\n"),
            "1[203.0.113.5|]2[203.0.113.0/24|Office]5[10.0.0.1 - 10.0.0.9|Lab]");
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("\n \n\t\n"), "");
  EXPECT_EQ(shown("10.0.0.1"), "1[10.0.0.1|]");
  EXPECT_EQ(shown("10.0.0.1 # the office, upstairs"), "1[10.0.0.1|]");
  EXPECT_EQ(shown("10.0.0.1, Desk #5"), "1[10.0.0.1|Desk #5]");
  EXPECT_EQ(shown("10.0.0.1, Paris, France"), "1[10.0.0.1|Paris, France]");
}

TEST(SplitImport, TakesWhatEditorsAndSpreadsheetsWrite) {
  EXPECT_EQ(shown("\xEF\xBB\xBF"
                  "10.0.0.1\r\n10.0.0.2\r\n"),
            "1[10.0.0.1|]2[10.0.0.2|]");
  EXPECT_EQ(shown("10.0.0.1\r10.0.0.2\r"), "1[10.0.0.1|]2[10.0.0.2|]");
  EXPECT_EQ(shown("\t10.0.0.1\t,\tOffice\t"), "1[10.0.0.1|Office]");
  EXPECT_EQ(shown("10.0.0.1\tOffice, Berlin"), "1[10.0.0.1|Office, Berlin]");
  EXPECT_EQ(shown("\xC2\xA0"
                  "10.0.0.1\xC2\xA0,\xC2\xA0"
                  "B\xC3\xBCro\xC2\xA0"),
            "1[10.0.0.1|B\xC3\xBCro]");
  EXPECT_EQ(shown("\"10.0.0.1\",\"Office, \"\"north\"\"\""), "1[10.0.0.1|Office, \"north\"]");
  EXPECT_EQ(shown("\"10.0.0.1\""), "1[10.0.0.1|]");
  EXPECT_EQ(shown("10.0.0.1,\" Office \""), "1[10.0.0.1|Office]");
  EXPECT_EQ(shown("10.0.0.1,Office,,"), "1[10.0.0.1|Office]");
  EXPECT_EQ(shown(",,\n,Office"), "2[|Office]");
  EXPECT_EQ(shown("\"\",\"\"\n\"\"\n10.0.0.1\n"), "3[10.0.0.1|]");  // rows of empty columns
}

TEST(SplitImport, LeavesToTheParserWhatIsNoField) {
  EXPECT_EQ(shown("\"10.0.0.1"), "1[\"10.0.0.1|]");
  EXPECT_EQ(shown("\"10.0.0.1\" x"), "1[\"10.0.0.1\" x|]");
  EXPECT_EQ(shown("10.0.0.1,\"Office\" north"), "1[10.0.0.1|\"Office\" north]");
  EXPECT_EQ(shown("10.0.0.1;Office"), "1[10.0.0.1;Office|]");
  EXPECT_EQ(shown("10.0.0.1\0x"sv), std::string("1[10.0.0.1\0x|]"sv));
}

TEST(SplitImport, ATabInsideARangeNarrowsNothing) {
  EXPECT_EQ(shown("10.0.0.1\t-\t10.0.0.9"), "1[10.0.0.1\t-\t10.0.0.9|]");
  EXPECT_EQ(shown("10.0.0.1 -\t10.0.0.9"), "1[10.0.0.1 -\t10.0.0.9|]");
}

TEST(SplitImport, NumbersAHundredThousandLines) {
  std::string text;
  for (std::size_t i = 0; i < kImportLinesMax; ++i) text += "10.0.0.1, line\r\n";
  const auto lines = split_import(text);
  ASSERT_EQ(lines.size(), kImportLinesMax);
  EXPECT_EQ(lines.back().number, kImportLinesMax);
}

TEST(CheckLabel, CountsCharactersNotBytes) {
  std::string umlauts;
  for (std::size_t i = 0; i < kLabelCharactersMax; ++i) umlauts += "\xC3\xBC";
  EXPECT_EQ(check_label(umlauts), std::nullopt);
  EXPECT_EQ(check_label(umlauts + "x"), EntryRuleCode::kLabelTooLong);
  EXPECT_EQ(check_label(""), std::nullopt);
  EXPECT_EQ(check_label("\xF0\x9F\x8F\xA2 HQ"), std::nullopt);
}

TEST(CheckLabel, RefusesControlCharactersAndWhatIsNoUtf8) {
  for (const std::string_view bad :
       {"a\nb"sv, "a\tb"sv, "a\0b"sv, "\x7F"sv, "\xC2\x85"sv, "\x80"sv, "\xC3"sv, "\xC0\xAF"sv, "\xE0\x80\xAF"sv,
        "\xED\xA0\x80"sv, "\xF4\x90\x80\x80"sv, "\xF0\x80\x80\xAF"sv, "\xF5\x80\x80\x80"sv, "\xE2\x82"sv, "\xFF"sv}) {
    EXPECT_EQ(check_label(bad), EntryRuleCode::kLabelNotText) << testing::PrintToString(bad);
  }
}

}  // namespace
}  // namespace keyfence
