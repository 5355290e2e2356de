// The [refused] sections of the tables, and the other side: whatever a table's lists hold, the product takes.
#include <gtest/gtest.h>

#include <algorithm>

#include "libs/net/entry_syntax.h"
#include "libs/policy/list_rules.h"
#include "tests/decisions/table_file.h"

namespace keyfence::decisions {
namespace {

std::vector<CandidateEntry> candidates(const ListSpec& list) {
  std::vector<CandidateEntry> entries;
  for (const EntrySpec& entry : list.entries) entries.push_back({EntryId(entry.line), entry.range});
  return entries;
}

const ListSpec& list_of(const DecisionTable& table, const RefusedEntry& refused) {
  const auto is_owner = [&refused](const auto& spec) { return spec.name == refused.owner; };
  if (refused.layer == Layer::kAccount)
    return std::find_if(table.accounts.begin(), table.accounts.end(), is_owner)->allowlist;
  if (refused.layer == Layer::kKey) return std::find_if(table.keys.begin(), table.keys.end(), is_owner)->allowlist;
  return table.global;
}

// The code with which the product refuses to add the entry; empty if it takes it.
std::string_view code_of_adding(const DecisionTable& table, const RefusedEntry& refused) {
  const auto parsed = parse_entry(refused.text);
  if (!parsed) return name(parsed.error().code);
  const RuleReport report = check_additions(default_limits(refused.layer), candidates(list_of(table, refused)),
                                            {{EntryId(1'000'000), parsed->range}}, NonPublicWarnings::kOn);
  return report.errors.empty() ? "" : name(report.errors.front().code);
}

TEST(RefusedEntries, AreRefusedWithTheCodeOfTheTable) {
  std::size_t refused_count = 0;
  for (const auto& file : table_files()) {
    const auto table = read_table(file);
    ASSERT_TRUE(table) << file;
    for (const RefusedEntry& refused : table->refused) {
      EXPECT_EQ(code_of_adding(*table, refused), refused.code) << file.filename() << ":" << refused.line;
      ++refused_count;
    }
  }
  EXPECT_GE(refused_count, 20U);
}

void expect_taken(const ListSpec& list, Layer layer) {
  const RuleReport report = check_additions(default_limits(layer), {}, candidates(list), NonPublicWarnings::kOn);
  for (const EntryRuleError& error : report.errors) {
    ADD_FAILURE() << "line " << list.entries.at(error.index).line << ": " << error.message;
  }
  for (const EntrySpec& entry : list.entries) EXPECT_EQ(check_label(entry.label), std::nullopt) << entry.line;
}

TEST(TableLists, HoldOnlyWhatTheProductTakes) {
  for (const auto& file : table_files()) {
    SCOPED_TRACE(file.filename().string());
    const auto table = read_table(file);
    ASSERT_TRUE(table);
    expect_taken(table->global, Layer::kGlobal);
    for (const AccountSpec& account : table->accounts) expect_taken(account.allowlist, Layer::kAccount);
    for (const KeySpec& key : table->keys) expect_taken(key.allowlist, Layer::kKey);
  }
}

}  // namespace
}  // namespace keyfence::decisions
