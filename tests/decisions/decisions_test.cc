// Every case of every *.decision file beside this one, through every door of the library. The daemon and nginx are
// asked the same files by tests/e2e.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "libs/policy/denial_body.h"
#include "tests/decisions/door.h"
#include "tests/decisions/table_file.h"

namespace keyfence::decisions {
namespace {

namespace fs = std::filesystem;

constexpr UnixSeconds kNow{1'800'000'000};
constexpr std::string_view kRequestId = "0123456789abcdef";

// A denial's body as this project's style renders it, with the request id taken out as the tables write it.
std::string body_of(const Decision& decision) {
  std::array<char, kDenialBodyBytesMax> buffer{};
  std::string text(render_denial(decision.error_style, decision.reason, kRequestId, buffer).text);
  const std::size_t at = text.find(kRequestId);
  if (at != std::string::npos) text.replace(at, kRequestId.size(), "{request_id}");
  return text;
}

struct Run {
  fs::path file;
  DoorKind door;
};

class DecisionTables : public testing::TestWithParam<Run> {};

void expect_decision(const Case& c, const DecisionTable& table, const TablePolicy& policy, const Decision& decision) {
  EXPECT_EQ(name(decision.reason), name(c.reason));
  EXPECT_EQ(name(decision.layer), name(c.layer));
  EXPECT_EQ(name(decision.would_deny), name(c.would_deny));
  EXPECT_EQ(name(decision.would_deny_layer), name(c.would_deny_layer));
  EXPECT_EQ(decision.outcome == Outcome::kAllow, c.reason == Reason::kAllowed);
  if (c.style) {
    EXPECT_EQ(name(decision.error_style), name(*c.style));
  }
  if (!c.body.empty()) {
    EXPECT_EQ(body_of(decision), c.body);
  }
  const auto owner = std::find_if(table.keys.begin(), table.keys.end(), [&](const auto& k) { return k.name == c.key; });
  EXPECT_EQ(decision.key, c.key.empty() ? KeyId() : policy.key_ids.at(c.key));
  EXPECT_EQ(decision.account, c.key.empty() ? AccountId() : policy.account_ids.at(owner->account));
  EXPECT_EQ(decision.revision, table.presence == PolicyPresence::kPublished ? kTableRevision : Revision{});
}

TEST_P(DecisionTables, DecideAsWritten) {
  const auto parsed = read_table(GetParam().file);
  ASSERT_TRUE(parsed) << GetParam().file.filename() << ":" << parsed.error().line << ": " << parsed.error().message;
  const DecisionTable& table = *parsed;
  const TablePolicy policy = make_policy(table, kNow);
  const auto door = GetParam().door.open(table.presence == PolicyPresence::kPublished ? &policy : nullptr);
  for (const Case& c : table.cases) {
    SCOPED_TRACE(GetParam().file.filename().string() + ":" + std::to_string(c.line));
    const std::vector<ScopeTag> required = scope_tags(c.requires_scopes);
    const UnixSeconds now{static_cast<std::uint32_t>(kNow.value + c.at.count())};
    const PresentedKey credential = read_presented_key(credential_text(c, policy));
    expect_decision(c, table, policy, door->decide({credential, c.address, required, now}));
  }
}

std::vector<Run> all_runs() {
  std::vector<Run> runs;
  for (const fs::path& file : table_files()) {
    for (const DoorKind& door : library_doors()) runs.push_back({file, door});
  }
  return runs;
}

std::string run_name(const testing::TestParamInfo<Run>& info) {
  std::string text = info.param.file.stem().string() + "_" + std::string(info.param.door.name);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(Library, DecisionTables, testing::ValuesIn(all_runs()), run_name);

TEST(DecisionTableFiles, TogetherShowEveryReason) {
  std::array<int, kReasonCount> cases{};
  for (const fs::path& file : table_files()) {
    const auto table = read_table(file);
    ASSERT_TRUE(table) << file;
    for (const Case& c : table->cases) ++cases[static_cast<std::size_t>(c.reason)];
  }
  for (std::size_t i = 0; i < kReasonCount; ++i) EXPECT_GT(cases[i], 0) << name(static_cast<Reason>(i));
}

}  // namespace
}  // namespace keyfence::decisions
