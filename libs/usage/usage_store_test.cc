#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/usage/usage_store_fixture.h"

// What is stored reads back, is found, summed up and paged, each record once.
namespace keyfence {
namespace {

TEST_F(UsageStoreTest, EveryFieldReadsBack) {
  StorableRecord item = request(3, kNoon);
  item.record.address = IpAddress::parse("2001:db8::9");
  item.record.address_note = ClientAddressNote::kHeaderMalformed;
  item.record.decision.would_deny = Reason::kAddressDeniedGlobal;
  item.record.decision.would_deny_layer = Layer::kGlobal;
  item.record.decision.revision = Revision{77};
  item.record.truncated = true;
  const std::string odd("/=cmd()\"\n\0\xFF,", 12);
  item.record.path = odd;
  item.matched = {EntryId(1), EntryId(2), EntryId(3)};
  store({item});
  const auto back = all();
  ASSERT_EQ(back.size(), 1U);
  const UsageRecord& r = back[0].record;
  EXPECT_EQ(r.at, item.record.at);
  EXPECT_EQ(r.request_id, item.record.request_id);
  EXPECT_EQ(r.address, item.record.address);
  EXPECT_EQ(r.address_note, item.record.address_note);
  EXPECT_EQ(r.decision, item.record.decision);
  EXPECT_EQ(r.status, item.record.status);
  EXPECT_EQ(r.bytes_sent, item.record.bytes_sent);
  EXPECT_EQ(r.duration_micros, item.record.duration_micros);
  EXPECT_EQ(back[0].method, "GET");
  EXPECT_EQ(back[0].host, "api.example.com");
  EXPECT_EQ(back[0].path, odd);
  EXPECT_EQ(back[0].user_agent, "curl/8");
  EXPECT_TRUE(r.truncated);
  EXPECT_EQ(back[0].gateway, "g1");
  EXPECT_EQ(back[0].matched.global, EntryId(1));
  EXPECT_EQ(back[0].matched.account, EntryId(2));
  EXPECT_EQ(back[0].matched.key, EntryId(3));
}

TEST_F(UsageStoreTest, EveryFilterAnswersWhatAScanDoes) {
  const auto items = requests(400, kSecond * 600);  // several days
  store(items);
  std::vector<UsageFilter> filters(1);
  const auto with = [&filters](auto set) { set(filters.emplace_back()); };
  with([](UsageFilter& f) { f.account = AccountId(101); });
  with([](UsageFilter& f) { f.key = KeyId(1002); });
  with([](UsageFilter& f) { f.key = KeyId(1002), f.status_min = 400, f.status_max = 499; });
  with([](UsageFilter& f) { f.key = KeyId(9), f.account = AccountId(100); });
  with([](UsageFilter& f) { f.method = "POST"; });
  with([](UsageFilter& f) { f.method = "PATCH"; });
  with([](UsageFilter& f) { f.status_min = f.status_max = 403; });
  with([](UsageFilter& f) { f.reason = Reason::kAddressDeniedKey; });
  with([](UsageFilter& f) { f.layer = Layer::kKey; });
  with([](UsageFilter& f) { f.address = IpRange::make(IpAddress::v4(0xCB007102), IpAddress::v4(0xCB007104)); });
  with([](UsageFilter& f) { f.path_prefix = "/v1/mess"; });
  with([](UsageFilter& f) { f.path_prefix = "/v1/messages/and/more"; });
  with([](UsageFilter& f) { f.from = Timestamp{kNoon.micros + kDay / 3}; });
  with([](UsageFilter& f) { f.until = Timestamp{kNoon.micros + kDay}, f.from = Timestamp{kNoon.micros + kDay / 2}; });
  with([&items](UsageFilter& f) { f.request_id = items[17].record.request_id; });
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const UsageFilter& f = filters[i];
    std::vector<std::uint64_t> expected;
    for (const StorableRecord& item : items) {
      const UsageRecord& r = item.record;
      const bool matches = (!f.account || *f.account == r.decision.account) && (!f.key || *f.key == r.decision.key) &&
                           (!f.method || *f.method == r.method) && r.status >= f.status_min.value_or(0) &&
                           r.status <= f.status_max.value_or(999) && (!f.reason || *f.reason == r.decision.reason) &&
                           (!f.layer || *f.layer == r.decision.layer) &&
                           (!f.address || f.address->contains(*r.address)) &&
                           (!f.path_prefix || r.path.substr(0, f.path_prefix->size()) == *f.path_prefix) &&
                           (!f.request_id || *f.request_id == r.request_id) && (!f.from || r.at >= *f.from) &&
                           (!f.until || r.at < *f.until);
      if (matches) expected.insert(expected.begin(), r.bytes_sent);
    }
    std::vector<std::uint64_t> seen;
    for (const StoredRecord& record : all(f)) seen.push_back(record.record.bytes_sent);
    EXPECT_EQ(seen, expected) << "filter " << i;
    const auto totals = store_->summary(f, GroupBy::kReason, std::chrono::seconds(3600), 100);
    ASSERT_TRUE(totals);
    std::uint64_t sum = 0;
    for (const UsageTotal& total : *totals) sum += total.allowed + total.denied;
    EXPECT_EQ(sum, expected.size()) << "filter " << i;
  }
}

TEST_F(UsageStoreTest, TotalsOfEachKindAreWhatACountOfTheRecordsSays) {
  auto items = requests(200, kSecond * 900);  // three days
  items[5].record.address.reset();
  items[6].record.address = IpAddress::parse("2001:db8::9");
  items[7].record.decision.key = KeyId(0);
  items[8].record.decision.would_deny = Reason::kAddressDeniedGlobal;
  store(items);
  const auto name_of = [](const UsageRecord& r, GroupBy group) -> std::string {
    switch (group) {
      case GroupBy::kTime:
        return rfc3339(to_seconds(Timestamp{r.at.micros / (7200 * kSecond) * (7200 * kSecond)}));
      case GroupBy::kReason:
        return std::string(name(r.decision.reason));
      case GroupBy::kKey:
        return r.decision.key.value() == 0 ? std::string() : r.decision.key.text();
      case GroupBy::kAddress:
        return r.address ? r.address->text() : std::string();
      case GroupBy::kStatus:
        break;
    }
    return std::to_string(r.status);
  };
  for (const GroupBy group : {GroupBy::kTime, GroupBy::kReason, GroupBy::kKey, GroupBy::kAddress, GroupBy::kStatus}) {
    std::map<std::string, std::array<std::uint64_t, 3>> expected;
    for (const StorableRecord& item : items) {
      const Decision& d = item.record.decision;
      auto& counts = expected[name_of(item.record, group)];
      ++counts[d.outcome == Outcome::kAllow ? 0 : 1];
      if (d.would_deny != Reason::kAllowed) ++counts[2];
    }
    const auto totals = store_->summary({}, group, std::chrono::hours(2), 1000);
    ASSERT_TRUE(totals);
    EXPECT_EQ(totals->size(), expected.size());
    for (const UsageTotal& total : *totals) {
      EXPECT_EQ(expected[total.group], (std::array{total.allowed, total.denied, total.would_deny})) << total.group;
    }
    const auto smaller = [group](const UsageTotal& a, const UsageTotal& b) {
      return group == GroupBy::kTime ? a.group < b.group : a.allowed + a.denied > b.allowed + b.denied;
    };
    EXPECT_TRUE(std::is_sorted(totals->begin(), totals->end(), smaller));
    const auto first = store_->summary({}, group, std::chrono::hours(2), 2);
    ASSERT_TRUE(first);
    ASSERT_EQ(first->size(), 2U);
    EXPECT_EQ((*first)[0].group, (*totals)[0].group);
    EXPECT_EQ((*first)[1].group, (*totals)[1].group);
  }
}

TEST_F(UsageStoreTest, PagesFollowEachOtherWhileRecordsArrive) {
  store(requests(100, kSecond));
  std::vector<std::uint64_t> seen;
  std::optional<UsageCursor> cursor;
  for (int page = 0; page < 11; ++page) {
    std::size_t got = 0;
    ASSERT_TRUE(store_->query({}, cursor, 10, [&](const StoredRecord& record) {
      seen.push_back(record.record.bytes_sent);
      cursor = UsageCursor{record.day, record.id};
      ++got;
      return true;
    }));
    EXPECT_EQ(got, page < 10 ? 10U : 0U);
    store({request(1000, Timestamp{kNoon.micros + kDay + page})});
  }
  for (std::uint64_t n = 0; n < 100; ++n) EXPECT_EQ(seen.at(n), 99 - n);
}

TEST_F(UsageStoreTest, ABatchDeliveredTwiceOrInOtherPiecesIsStoredOnce) {
  auto items = requests(50, kDay / 20);  // over three days
  std::uint64_t offset = 4096;
  for (StorableRecord& item : items) item.offset = offset += 100;
  const auto deliver = [&](std::size_t from, std::size_t to) {
    ASSERT_TRUE(store_->store({.to = {5, 1, items[to - 1].offset},
                               .gateway = "g1",
                               .dropped = 3,
                               .damaged = 0,
                               .records = std::span(items).subspan(from, to - from)}));
  };
  deliver(0, 20);
  deliver(0, 20);
  reopen();
  deliver(0, 33);
  deliver(10, 50);
  EXPECT_EQ(all().size(), 50U);
  EXPECT_EQ(store_->stored_up_to(5, 1).value(), items.back().offset);
  EXPECT_EQ(store_->stored_up_to(6, 1).value(), 0U);
  EXPECT_EQ(store_->stats()->dropped, 3U);
}

TEST_F(UsageStoreTest, SeveralPiecesAreStoredTogetherAndEachOnce) {
  auto items = requests(30, kDay / 10);
  std::uint64_t offset = 4096;
  for (StorableRecord& item : items) item.offset = offset += 100;
  const auto piece = [&](std::uint64_t writer, std::size_t from, std::size_t to) {
    return UsageBatch{.to = {writer, 1, items[to - 1].offset},
                      .gateway = "g" + std::to_string(writer),
                      .dropped = writer,
                      .damaged = 0,
                      .records = std::span(items).subspan(from, to - from)};
  };
  const std::vector<UsageBatch> pieces = {piece(1, 0, 10), piece(2, 0, 30), piece(1, 10, 20)};
  ASSERT_TRUE(store_->store(pieces));
  ASSERT_TRUE(store_->store(pieces));
  EXPECT_EQ(all().size(), 50U);
  EXPECT_EQ(store_->stored_up_to(1, 1).value(), items[19].offset);
  EXPECT_EQ(store_->stored_up_to(2, 1).value(), items[29].offset);
  EXPECT_EQ(store_->stats()->dropped, 3U);
}

TEST_F(UsageStoreTest, RecordsOfOneMicrosecondAreAllKept) {
  std::vector<StorableRecord> items;
  constexpr std::size_t kCount = 3000;  // more than a microsecond has ids
  for (std::size_t n = 0; n < kCount; ++n) {
    items.push_back(request(n, Timestamp{kNoon.micros + 999}));  // the last microsecond of a millisecond
  }
  store(items);
  std::set<std::uint64_t> seen;
  for (const StoredRecord& record : all()) {
    seen.insert(record.record.bytes_sent);
    ASSERT_EQ(record.record.request_id, items.at(record.record.bytes_sent).record.request_id);
    ASSERT_LT(record.record.at.micros - kNoon.micros - 999, 64);
  }
  EXPECT_EQ(seen.size(), kCount);
}

TEST_F(UsageStoreTest, AClockThatStepsBackLosesNothing) {
  for (const std::int64_t at : {kNoon.micros, kNoon.micros - 3 * kDay, kNoon.micros - kSecond, kNoon.micros + kDay,
                                std::int64_t{0}, std::int64_t{-5}, kNoon.micros}) {
    store({request(1, Timestamp{at})});
  }
  EXPECT_EQ(all().size(), 7U);
  reopen();
  EXPECT_EQ(all().size(), 7U);
}

TEST_F(UsageStoreTest, APathPrefixFindsPathsInAndOutsideTheDictionary) {
  const std::string stem = "/caf\xC3\xA9/";
  const std::string other_stem = "/cafe/";
  const std::string length(100, 'x');
  std::vector<std::string> paths = {stem + "1", stem + length, stem, other_stem + "1", other_stem + length, "/", ""};
  std::vector<StorableRecord> items;
  for (std::size_t n = 0; n < paths.size(); ++n) {
    items.push_back(request(n, Timestamp{kNoon.micros + static_cast<std::int64_t>(n)}));
    items.back().record.path = paths[n];
  }
  store(items);
  const auto count = [this](std::string prefix) {
    UsageFilter filter;
    filter.path_prefix = std::move(prefix);
    return all(filter).size();
  };
  EXPECT_EQ(count(stem), 3U);
  EXPECT_EQ(count(stem + "x"), 1U);
  EXPECT_EQ(count("/cafe/1"), 1U);
  EXPECT_EQ(count("/"), 6U);
  EXPECT_EQ(count(""), 7U);
  EXPECT_EQ(count("/%"), 0U);
}

TEST_F(UsageStoreTest, ARequestIsFoundByItsId) {
  const auto items = requests(200, kSecond / 3);
  store(items);
  const auto found = store_->find(items[123].record.request_id);
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->record.bytes_sent, 123U);
  EXPECT_EQ((*found)->host, "api.example.com");
  RequestId other = items[123].record.request_id;
  other[10] ^= 1;
  EXPECT_FALSE(store_->find(other).value());
}

TEST_F(UsageStoreTest, TextsBeyondTheDictionaryStandInTheRows) {
  std::vector<std::string> agents;
  std::vector<StorableRecord> items;
  constexpr std::size_t kCount = 70'000;
  agents.reserve(kCount);
  for (std::size_t n = 0; n < kCount; ++n) {
    agents.push_back("agent-" + std::to_string(n));
    items.push_back(request(n, Timestamp{kNoon.micros + static_cast<std::int64_t>(n)}));
    items.back().record.user_agent = agents.back();
  }
  store(items);
  std::size_t n = kCount;
  for (const StoredRecord& record : all()) ASSERT_EQ(record.user_agent, agents[--n]);
  EXPECT_EQ(n, 0U);
}

}  // namespace
}  // namespace keyfence
