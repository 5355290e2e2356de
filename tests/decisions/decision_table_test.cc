#include "tests/decisions/decision_table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/decisions/table_policy.h"

namespace keyfence::decisions {
namespace {

// A table that says something in each section.
constexpr std::string_view kWhole = R"(# What it shows.
[instance]
error_style = problem

[account acme]
state = suspended
error_style = flat

[allowlist account acme]
mode = monitor
when_empty = deny

[key reader]
account = acme
state = disabled
expires = +1h
scopes = messages:write messages:read
secret = legacy-key-1

[allowlist key reader]
203.0.113.0/24 | Head office
192.168.0.10 - 192.168.10.20 | | expires -5m, disabled

[body denied]
{"error":"x"}

[refused]
list | entry | code
key reader | 010.0.0.1 | leading_zero

[cases]
key    | address   | requires      | at   | status | reason       | layer | style | body
reader | 192.0.2.1 | messages:read | +30s | 401    | key_disabled | -     | flat  | denied
none   | unknown   | -             | now  | 401    | key_missing  | -     | flat  | -
)";

TEST(DecisionTable, ReadsEverySectionAndSetting) {
  const auto parsed = parse_table(kWhole);
  ASSERT_TRUE(parsed) << parsed.error().line << ": " << parsed.error().message;
  const DecisionTable& table = *parsed;
  EXPECT_EQ(table.error_style, ErrorStyle::kProblem);
  ASSERT_EQ(table.accounts.size(), 1U);
  EXPECT_EQ(table.accounts[0].state, AccountState::kSuspended);
  EXPECT_EQ(table.accounts[0].error_style, ErrorStyle::kFlat);
  EXPECT_EQ(table.accounts[0].allowlist.mode, ListMode::kMonitor);
  EXPECT_EQ(table.accounts[0].allowlist.when_empty, WhenEmpty::kDeny);
  ASSERT_EQ(table.keys.size(), 1U);
  const KeySpec& key = table.keys[0];
  EXPECT_EQ(key.state, KeyState::kDisabled);
  EXPECT_EQ(key.expires, Offset{3600});
  EXPECT_EQ(key.scopes, (std::vector<std::string>{"messages:read", "messages:write"}));
  EXPECT_EQ(key.secret, "legacy-key-1");
  ASSERT_EQ(key.allowlist.entries.size(), 2U);
  EXPECT_EQ(key.allowlist.entries[0].label, "Head office");
  EXPECT_EQ(key.allowlist.entries[0].state, EntryState::kEnabled);
  EXPECT_EQ(key.allowlist.entries[1].state, EntryState::kDisabled);
  EXPECT_EQ(key.allowlist.entries[1].expires, Offset{-300});
  ASSERT_EQ(table.refused.size(), 1U);
  EXPECT_EQ(table.refused[0].owner, "reader");
  ASSERT_EQ(table.cases.size(), 2U);
  EXPECT_EQ(table.cases[0].line, 33U);
  EXPECT_EQ(table.cases[0].at, Offset{30});
  EXPECT_EQ(table.cases[0].body, R"({"error":"x"})");
  EXPECT_EQ(table.cases[1].credential, Credential::kNone);
  EXPECT_FALSE(table.cases[1].address);
}

TEST(DecisionTable, PolicyCountsTimesFromNow) {
  const auto table = parse_table(kWhole);
  ASSERT_TRUE(table);
  const TablePolicy policy = make_policy(*table, UnixSeconds{1'000'000});
  ASSERT_EQ(policy.keys.size(), 1U);
  EXPECT_EQ(policy.keys[0].expires_at, UnixSeconds{1'003'600});
  EXPECT_EQ(policy.keys[0].allowlist.entries[1].expires_at, UnixSeconds{999'700});
  EXPECT_EQ(policy.keys[0].digest, sha256("legacy-key-1"));
}

struct Bad {
  std::string_view text;
  std::size_t line;
  std::string_view message;
};

class BadTable : public testing::TestWithParam<Bad> {};

TEST_P(BadTable, IsRefusedWithItsLine) {
  const auto table = parse_table(GetParam().text);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().line, GetParam().line) << table.error().message;
  EXPECT_NE(table.error().message.find(GetParam().message), std::string::npos) << table.error().message;
}

constexpr std::string_view kHead = "[account a]\n[key k]\naccount = a\n";

INSTANTIATE_TEST_SUITE_P(
    Each, BadTable,
    testing::Values(
        Bad{"", 1, "without cases"}, Bad{"hello\n", 1, "no section"}, Bad{"[somewhere]\n", 1, "no such section"},
        Bad{"[cases\n", 1, "ends with ]"}, Bad{"[instance]\n[instance]\n", 2, "stands twice"},
        Bad{"[instance]\nerror_style = loud\n", 2, "is no error style"},
        Bad{"[instance]\nmode = off\n", 2, "no such setting"},
        Bad{"[account a]\nstate = active\nstate = active\n", 3, "stands twice"}, Bad{"[account A]\n", 1, "is no name"},
        Bad{"[account a]\n[key none]\n", 2, "is no name"}, Bad{"[key k]\naccount = a\n", 2, "no such account"},
        Bad{"[account a]\n[key k]\n[cases]\n", 3, "no account"},
        Bad{"[account a]\n[key k]\naccount = a\nexpires = 1h\n", 4, "is no time"},
        Bad{"[account a]\n[key k]\naccount = a\nscopes = a!\n", 4, "is no scope"},
        Bad{"[account a]\n[key k]\naccount = a\nscopes = x x\n", 4, "stands twice"},
        Bad{"[account a]\n[key k]\naccount = a\nsecret = kf_short\n", 4, "is no secret"},
        Bad{"[allowlist key k]\n", 1, "no such list"}, Bad{"[allowlist global]\n10.0.0.5/24\n", 2, "is no entry"},
        Bad{"[allowlist global]\n10.0.0.5 | a | soon\n", 2, "no such option"},
        Bad{"[allowlist global]\n10.0.0.5 | a | disabled | b\n", 2, "three parts"},
        Bad{"[cases]\nkey | address | status\n", 2, "column reason"},
        Bad{"[cases]\nkey | address | status | reason | colour\nnone | unknown | 401 | key_missing | red\n", 3,
            "no such column"},
        Bad{"[cases]\nkey | address | status | reason\nnone | unknown | 401\n", 3, "as many cells"},
        Bad{"[cases]\nkey | address | status | reason\nnone | unknown | 401 | key_lost\n", 3, "is no reason"},
        Bad{"[cases]\nkey | address | status | reason\nnone | unknown | 403 | key_missing\n", 3, "another status"},
        Bad{"[cases]\nkey | address | status | reason\nnone | 10.0.0.0/8 | 401 | key_missing\n", 3, "is no address"},
        Bad{"[cases]\nkey | address | status | reason\nsomeone | unknown | 401 | key_unknown\n", 3, "no such key"},
        Bad{"[cases]\nkey | address | status | reason | style\nnone | unknown | 401 | key_missing | -\n", 3,
            "has a style"},
        Bad{"[cases]\nkey | address | status | reason | body\nnone | unknown | 401 | key_missing | b\n", 3,
            "no such body"},
        Bad{"[cases]\n\tkey\n", 2, "tab"}));

TEST(DecisionTable, SmallestOneIsACaseWithoutPolicy) {
  const auto table =
      parse_table("[no policy]\n[cases]\nkey | address | status | reason\nnone | unknown | 503 | no_policy\n");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->presence, PolicyPresence::kNeverPublished);
  EXPECT_FALSE(parse_table(std::string(kHead) + "[no policy]\n[cases]\nkey | address | status | reason\nk | unknown | "
                                                "503 | no_policy\n"));
}

TEST(DecisionTable, ExampleOfTheReadmeIsOne) {
  std::stringstream readme;
  readme << std::ifstream(KEYFENCE_DECISIONS_DIR "/README.md").rdbuf();
  const std::string text = readme.str();
  const std::size_t begin = text.find("```\n") + 4;
  const auto table = parse_table(text.substr(begin, text.find("```\n", begin) - begin));
  ASSERT_TRUE(table) << table.error().line << ": " << table.error().message;
  EXPECT_EQ(table->cases.size(), 2U);
}

}  // namespace
}  // namespace keyfence::decisions
