// The part of the contract about what is kept of changes: histories of lists, the chain of the audit log, answers.
#include <gmock/gmock.h>

#include <algorithm>

#include "libs/store/audit_chain.h"
#include "libs/store/testing/control_store_contract.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = StoreError::Code;

std::vector<std::string> texts_at(ControlStore& store, ListRef ref, Revision revision) {
  std::vector<std::string> texts;
  const std::vector<EntryRow> rows = store.entries_at(ref, revision, {0, 1'000}).value();
  texts.reserve(rows.size());
  for (const EntryRow& row : rows) texts.push_back(row.text);
  return texts;
}

StoreResult<void> audited(Transaction& tx, const std::string& action, const std::string& subject) {
  tx.audit_line(new_audit_line(action, subject));
  return {};
}

TEST_P(ControlStoreContract, AListIsShownAsItStoodAtEveryRevision) {
  const ListRef ref = ListRef::global();
  const EntryRow first = add_entry(ref, "203.0.113.1");
  const Revision one = store().revision().value();
  const EntryRow second = add_entry(ref, "203.0.113.2");
  const Revision two = store().revision().value();
  EntryRow moved = first;
  moved.text = "203.0.113.9";
  moved.range = new_entry("203.0.113.9").range;
  change([&](Transaction& tx) { return tx.update_entry(ref, moved); });
  const Revision three = store().revision().value();
  change([&](Transaction& tx) { return tx.delete_entries(ref); });
  const Revision four = store().revision().value();
  change([&](Transaction& tx) { return tx.update_list(ref, ListMode::kMonitor, WhenEmpty::kDeny); });

  EXPECT_THAT(texts_at(store(), ref, {0}), IsEmpty());
  EXPECT_THAT(texts_at(store(), ref, one), ElementsAre("203.0.113.1"));
  EXPECT_THAT(texts_at(store(), ref, two), ElementsAre("203.0.113.1", "203.0.113.2"));
  EXPECT_THAT(texts_at(store(), ref, three), ElementsAre("203.0.113.9", "203.0.113.2"));
  EXPECT_THAT(texts_at(store(), ref, four), IsEmpty());
  EXPECT_THAT(store().entries_at(ref, two, {first.id.value(), 10}).value(), SizeIs(1));
  EXPECT_EQ(store().list_at(ref, four)->list.mode, ListMode::kEnforce);
  EXPECT_EQ(store().list_at(ref, {100})->list.mode, ListMode::kMonitor);
  EXPECT_EQ(store().list_at(ref, two)->list.entry_count, 2U);
  EXPECT_TRUE(store().verify().ok());
}

TEST_P(ControlStoreContract, AChangeSetIsOneRevisionOfAList) {
  const AccountRow account = add_account("Acme");
  const ListRef ref = ListRef::of(account.id);
  const EntryRow kept = add_entry(ref, "203.0.113.1");
  const EntryRow gone = add_entry(ref, "203.0.113.2");
  change([&](Transaction& tx) -> StoreResult<void> {
    EntryRow row = new_entry("203.0.113.3");
    EXPECT_TRUE(tx.insert_entry(ref, row).ok());
    row.label = "twice in one change set";
    EXPECT_TRUE(tx.update_entry(ref, row).ok());
    EXPECT_TRUE(tx.delete_entry(ref, gone.id).ok());
    AuditRow line = new_audit_line("allowlist.replace", account.id.text());
    line.actor = "token:one";
    tx.audit_line(line);
    return {};
  });
  const std::vector<ListRevisionRow> rows = store().list_revisions(ref, {}).value();
  ASSERT_THAT(rows, SizeIs(4));  // made, two entries, the change set
  EXPECT_EQ(rows[0].actor, "token:one");
  EXPECT_EQ(rows[0].action, "allowlist.replace");
  EXPECT_EQ(rows[0].added, 1U);
  EXPECT_EQ(rows[0].removed, 1U);
  EXPECT_EQ(rows[0].list.entry_count, 2U);
  EXPECT_EQ(rows[0].list.changed, store().list(ref)->changed);
  EXPECT_THAT(texts_at(store(), ref, rows[0].list.changed), ElementsAre("203.0.113.1", "203.0.113.3"));
  EXPECT_THAT(texts_at(store(), ref, rows[1].list.changed), ElementsAre("203.0.113.1", "203.0.113.2"));
  EXPECT_THAT(store().list_revisions(ref, {rows[1].list.changed.value, 1}).value(), SizeIs(1));
}

TEST_P(ControlStoreContract, EntriesThatAreChangedTogetherAreKeptAsThoseChangedOneByOne) {
  const AccountRow account = add_account("Acme");
  for (const ListRef ref : {ListRef::of(account.id), ListRef::of(add_key(account.id, "a key").id)}) {
    const EntryRow first = add_entry(ref, "203.0.113.1");
    EntryRow second = add_entry(ref, "203.0.113.2");
    EntryRow third = add_entry(ref, "203.0.113.3");
    const Revision before = store().list(ref)->changed;
    const EntryRow fourth = new_entry("203.0.113.4");
    second.label = "moved";
    second.state = EntryState::kDisabled;
    // Some of the list, then all of it.
    change([&](Transaction& tx) { return tx.change_entries(ref, {{first.id}, {second}, {fourth}}); });
    const Revision some = store().list(ref)->changed;
    EXPECT_THAT(texts_at(store(), ref, some), ElementsAre("203.0.113.2", "203.0.113.3", "203.0.113.4"));
    third.label = "moved too";
    change([&](Transaction& tx) { return tx.change_entries(ref, {{second.id, fourth.id}, {third}, {}}); });
    const std::vector<ListRevisionRow> rows = store().list_revisions(ref, {0, 2}).value();
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ((std::vector{rows[0].added, rows[0].updated, rows[0].removed}), (std::vector<std::size_t>{0, 1, 2}));
    EXPECT_EQ((std::vector{rows[1].added, rows[1].updated, rows[1].removed}), (std::vector<std::size_t>{1, 1, 1}));
    EXPECT_EQ(rows[0].list.entry_count, 1U);
    EXPECT_EQ(store().entries(ref, {})->front().label, "moved too");
    EXPECT_THAT(texts_at(store(), ref, before), ElementsAre("203.0.113.1", "203.0.113.2", "203.0.113.3"));
    EXPECT_THAT(texts_at(store(), ref, some), ElementsAre("203.0.113.2", "203.0.113.3", "203.0.113.4"));
    EXPECT_EQ(store().entries_at(ref, some, {0, 10})->front().state, EntryState::kDisabled);
  }
  EXPECT_TRUE(store().verify().ok());
}

TEST_P(ControlStoreContract, OfEntriesThatAreChangedTogetherAllAreOrNone) {
  const ListRef ref = ListRef::global();
  const EntryRow first = add_entry(ref, "203.0.113.1");
  const EntryRow second = add_entry(ref, "203.0.113.2");
  const Revision standing = store().revision().value();
  EntryRow elsewhere = second;
  elsewhere.range = new_entry("203.0.113.9").range;
  const EntryRow twin = new_entry("203.0.113.2");
  const std::vector<std::pair<EntryChanges, Code>> wrong = {
      {{{first.id, EntryId(5)}, {}, {}}, Code::kNotFound},
      {{{first.id}, {elsewhere}, {}}, Code::kNotFound},
      {{{first.id}, {}, {twin}}, Code::kDuplicate},
  };
  for (const auto& one : wrong) {
    const EntryChanges& made = one.first;
    const Code code = one.second;
    // Even a work that does not mind: half of it would be written.
    const auto done = store().transact([&](Transaction& tx) -> StoreResult<void> {
      EXPECT_EQ(tx.change_entries(ref, made).error().code, code);
      return {};
    });
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, code);
    EXPECT_THAT(store().entries(ref, {}).value(), SizeIs(2));
    EXPECT_EQ(store().revision().value(), standing);
  }
  EXPECT_TRUE(store().verify().ok());
}

TEST_P(ControlStoreContract, OfAListThatGoesWhileItIsChangedNoHistoryIsLeft) {
  const AccountRow account = add_account("Acme");
  const AccountRow other = add_account("Other");
  const ListRef of_key = ListRef::of(add_key(account.id, "a key").id);
  const std::vector<ListRef> lists = {of_key, ListRef::of(account.id)};
  const KeyRow fresh = new_key(other.id, "a fresh key");
  for (const ListRef ref : lists) {
    static_cast<void>(add_entry(ref, "203.0.113.1"));
    static_cast<void>(add_entry(ref, "203.0.113.2"));
  }
  change([&](Transaction& tx) {
    for (const ListRef ref : lists) {
      if (auto gone = tx.delete_entries(ref); !gone) return gone;
    }
    return tx.delete_account(account.id);
  });
  change([&](Transaction& tx) {
    if (auto made = tx.insert_key(fresh); !made) return made;
    if (auto made = tx.insert_entry(ListRef::of(fresh.id), new_entry("203.0.113.1")); !made) return made;
    return tx.delete_key(fresh.id);
  });
  EXPECT_TRUE(store().verify().ok()) << "which looks for history without a list";
  EXPECT_THAT(store().list_revisions(of_key, {0, 10}).value(), IsEmpty());
}

std::vector<Revision> revisions_of(ControlStore& store, ListRef ref, PageRequest page) {
  const std::vector<ListRevisionRow> rows = store.list_revisions(ref, page).value();
  std::vector<Revision> revisions(rows.size());
  std::transform(rows.begin(), rows.end(), revisions.begin(),
                 [](const ListRevisionRow& row) { return row.list.changed; });
  return revisions;
}

TEST_P(ControlStoreContract, AHistoryIsPagedFromAnyRevision) {
  const ListRef ref = ListRef::global();
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(add_entry(ref, "203.0.113." + std::to_string(i)));
    static_cast<void>(add_account("account " + std::to_string(i)));  // revisions that the list does not have
  }
  const std::vector<Revision> all = revisions_of(store(), ref, {0, 100});
  ASSERT_THAT(all, SizeIs(6));  // with the one that it began with
  for (std::uint64_t before = 1; before <= all.front().value + 2; ++before) {
    const auto first = std::find_if(all.begin(), all.end(), [&](Revision r) { return r.value < before; });
    const std::vector<Revision> wanted(first, first + std::min<std::ptrdiff_t>(2, all.end() - first));
    EXPECT_EQ(revisions_of(store(), ref, {before, 2}), wanted) << "before " << before;
    const auto at = std::find_if(all.begin(), all.end(), [&](Revision r) { return r.value <= before; });
    EXPECT_EQ(store().list_at(ref, {before})->list.changed, *at);
  }
}

TEST_P(ControlStoreContract, AHistoryGoesWithItsListAndIsBounded) {
  const AccountRow account = add_account("Acme");
  const KeyRow key = add_key(account.id, "a key");
  const ListRef ref = ListRef::of(key.id);
  change([&](Transaction& tx) { return tx.insert_entry(ref, new_entry("203.0.113.1")); });
  for (std::size_t i = 0; i < kListRevisionsKept + 200; ++i) {
    const auto mode = i % 2 == 0 ? ListMode::kMonitor : ListMode::kEnforce;
    change([&](Transaction& tx) { return tx.update_list(ref, mode, WhenEmpty::kAllow); });
  }
  const std::size_t kept = store().list_revisions(ref, {0, 10'000})->size();
  EXPECT_GE(kept, kListRevisionsKept);
  EXPECT_LT(kept, kListRevisionsKept + 100);
  EXPECT_EQ(store().list_at(ref, {1}).error().code, Code::kNotFound);
  EXPECT_TRUE(store().verify().ok());
  change([&](Transaction& tx) { return tx.delete_account(account.id); });
  EXPECT_THAT(store().list_revisions(ref, {}).value(), IsEmpty());
  EXPECT_THAT(store().entries_at(ref, {2}, {}).value(), IsEmpty());
}

TEST_P(ControlStoreContract, AHistoryIsBoundedWhicheverRevisionsItsChangesHave) {
  const AccountRow account = add_account("Acme");
  const ListRef ref = ListRef::of(account.id);
  // Every change of the list has an odd revision, so that no fixed multiple ever meets it.
  if (store().revision()->value % 2 != 0) static_cast<void>(add_account("To make it even"));
  for (std::size_t i = 0; i < kListRevisionsKept + 200; ++i) {
    const auto mode = i % 2 == 0 ? ListMode::kMonitor : ListMode::kEnforce;
    change([&](Transaction& tx) { return tx.update_list(ref, mode, WhenEmpty::kAllow); });
    change([&](Transaction& tx) { return tx.update_list(ListRef::global(), mode, WhenEmpty::kAllow); });
  }
  EXPECT_LT(store().list_revisions(ref, {0, 10'000})->size(), kListRevisionsKept + 100);
  EXPECT_LT(store().list_revisions(ListRef::global(), {0, 10'000})->size(), kListRevisionsKept + 100);
}

TEST_P(ControlStoreContract, AListThatIsOftenRewrittenKeepsFewerRevisionsAndAlwaysTheLast) {
  const ListRef ref = ListRef::global();
  constexpr std::size_t kEntries = 5'000;
  constexpr std::size_t kTimes = 30;
  const auto rewrite = [&](std::size_t count) {
    change([&](Transaction& tx) -> StoreResult<void> {
      if (auto gone = tx.delete_entries(ref); !gone) return gone;
      for (std::size_t i = 0; i < count; ++i) {
        EntryRow row = new_entry("203.0.113.1");
        row.range = IpRange::single(IpAddress::v4(static_cast<std::uint32_t>(0x0A000000U + i)));
        if (auto put = tx.insert_entry(ref, row); !put) return put;
      }
      return {};
    });
  };
  for (std::size_t i = 0; i < kTimes; ++i) rewrite(kEntries);
  const auto kept = store().list_revisions(ref, {0, 100}).value();
  const std::size_t bound = (kPastEntriesKept + 4 * kEntries) / kEntries;
  EXPECT_GE(kept.size(), bound);
  EXPECT_LE(kept.size(), bound + 2);
  for (const ListRevisionRow& row : kept) {
    if (row.list.entry_count == 0) continue;  // as the store was made
    EXPECT_EQ(store().entries_at(ref, row.list.changed, {0, 2 * kEntries})->size(), kEntries);
  }
  rewrite(0);
  EXPECT_EQ(store().entries_at(ref, kept.front().list.changed, {0, 2 * kEntries})->size(), kEntries);
  EXPECT_TRUE(store().verify().ok());
}

TEST_P(ControlStoreContract, AuditLinesAreAChain) {
  for (const char* subject : {"a", "b", "c"}) {
    change([&](Transaction& tx) {
      static_cast<void>(audited(tx, "test.one", subject));
      return audited(tx, "test.two", subject);
    });
  }
  reopen();
  change([&](Transaction& tx) { return audited(tx, "test.three", "d"); });
  std::vector<AuditRow> rows = store().audit({}, {0, 100}).value();
  ASSERT_THAT(rows, SizeIs(7));
  std::reverse(rows.begin(), rows.end());
  KeyDigest hash;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].id, i + 1);
    hash = audit_hash(hash, rows[i]);
    EXPECT_EQ(hash, rows[i].hash);
  }
}

TEST_P(ControlStoreContract, AuditLinesAreFoundByWhatTheySay) {
  const AccountRow account = add_account("Acme");
  change([&](Transaction& tx) -> StoreResult<void> {
    AuditRow line = new_audit_line("key.create", "key_a");
    line.at = {1'000};
    line.actor = "token:one";
    line.account = account.id;
    tx.audit_line(line);
    line.action = "key.delete";
    line.at = {2'000};
    tx.audit_line(line);
    line.action = "keys";
    line.actor = "token:two";
    line.subject = "key_b";
    line.at = {3'000};
    line.account.reset();
    tx.audit_line(line);
    return {};
  });
  const auto found = [&](const AuditFilter& filter) {
    std::vector<std::int64_t> times;
    const std::vector<AuditRow> rows = store().audit(filter, {}).value();
    times.reserve(rows.size());
    for (const AuditRow& row : rows) times.push_back(row.at.micros);
    return times;
  };
  EXPECT_THAT(found({.account = account.id}), ElementsAre(2'000, 1'000));
  EXPECT_THAT(found({.actor = "token:two"}), ElementsAre(3'000));
  EXPECT_THAT(found({.action = "key.delete"}), ElementsAre(2'000));
  EXPECT_THAT(found({.action = "key.*"}), ElementsAre(2'000, 1'000));
  EXPECT_THAT(found({.subject = "key_b"}), ElementsAre(3'000));
  EXPECT_THAT(found({.from = Timestamp{2'000}}), ElementsAre(3'000, 2'000));
  EXPECT_THAT(found({.until = Timestamp{2'000}}), ElementsAre(1'000));
  EXPECT_THAT(found({.account = account.id, .actor = "token:two"}), IsEmpty());
}

TEST_P(ControlStoreContract, AnAnswerIsKeptInTheTransactionOfItsChangeAndForADay) {
  IdempotencyRow row{"token:one", new_digest(), new_digest(), {1'000'000}, {1, 2, 3}, {9}};
  change([&](Transaction& tx) {
    EXPECT_FALSE(tx.pending().policy_changed);
    EXPECT_TRUE(tx.insert_account(new_account("Acme")).ok());
    EXPECT_EQ(tx.pending().revision.value, store().revision()->value + 1);
    EXPECT_TRUE(tx.pending().policy_changed);
    return tx.insert_idempotency(row);
  });
  reopen();
  const auto kept = store().idempotency("token:one", row.key).value();
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->request, row.request);
  EXPECT_THAT(kept->sealed, ElementsAre(1, 2, 3));
  EXPECT_EQ(kept->revision, Revision{9});
  EXPECT_FALSE(store().idempotency("token:two", row.key).value().has_value());
  EXPECT_EQ(store().transact([&](Transaction& tx) { return tx.insert_idempotency(row); }).error().code,
            Code::kDuplicate);
  IdempotencyRow later = row;
  later.key = new_digest();
  later.at.micros += kIdempotencyKeptMicros;
  change([&](Transaction& tx) { return tx.insert_idempotency(later); });
  EXPECT_FALSE(store().idempotency("token:one", row.key).value().has_value());
}

TEST_P(ControlStoreContract, EntriesRoundARangeAreFoundWithoutReadingTheList) {
  const ListRef ref = ListRef::global();
  const EntryRow block = add_entry(ref, "203.0.0.0/16");
  const EntryRow range = add_entry(ref, "203.0.112.9 - 203.0.114.1");
  const EntryRow inner = add_entry(ref, "203.0.113.7");
  static_cast<void>(add_entry(ref, "203.1.0.0/16"));
  static_cast<void>(add_entry(ref, "2001:db8::/32"));
  const EntryRow v6 = add_entry(ref, "2001:db8:1::1 - 2001:db8:1::5");
  const auto ids_round = [&](std::string_view text) {
    std::vector<EntryId> ids;
    const std::vector<EntryRow> rows = store().related_entries(ref, new_entry(text).range).value();
    ids.reserve(rows.size());
    for (const EntryRow& row : rows) ids.push_back(row.id);
    return ids;
  };
  EXPECT_THAT(ids_round("203.0.113.0/24"), ::testing::UnorderedElementsAre(block.id, range.id, inner.id));
  EXPECT_THAT(ids_round("203.0.113.7"), ::testing::UnorderedElementsAre(block.id, range.id, inner.id));
  EXPECT_THAT(ids_round("203.0.120.1"), ElementsAre(block.id));
  EXPECT_THAT(ids_round("2001:db8:1::/120"), SizeIs(2));
  EXPECT_THAT(ids_round("198.51.100.0/24"), IsEmpty());
  EXPECT_EQ(ids_round("2001:db8:1::/120").back(), v6.id);
}

TEST_P(ControlStoreContract, ARangeIsFoundHoweverManyLieBetween) {
  const ListRef ref = ListRef::global();
  const EntryRow wide = add_entry(ref, "10.0.0.1 - 10.255.255.254");
  change([&](Transaction& tx) -> StoreResult<void> {
    for (std::uint32_t i = 0; i < 10'100; ++i) {
      EntryRow row = new_entry("203.0.113.1 - 203.0.113.3");
      const std::uint32_t first = 0x0A010001U + 8 * i;
      row.range = *IpRange::make(IpAddress::v4(first), IpAddress::v4(first + 2));
      if (auto put = tx.insert_entry(ref, row); !put) return put;
    }
    return {};
  });
  const auto found = store().related_entries(ref, new_entry("10.9.9.9").range).value();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found.front().id, wide.id);
  EXPECT_EQ(store().best_match(ref, *IpAddress::parse("10.9.9.9"), {1})->value().id, wide.id);
  EXPECT_TRUE(store().verify().ok());
}

// Against the obvious way: every entry is looked at.
TEST_P(ControlStoreContract, TheBestMatchIsTheOneThatAScanFinds) {
  const ListRef ref = ListRef::global();
  std::uint32_t state = 7;
  const auto random = [&](std::uint32_t below) {
    return (state = state * 1'664'525U + 1'013'904'223U) / 65'536U % below;
  };
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    const auto address = [&](std::uint32_t low) {
      if (family == IpFamily::kV4) return IpAddress::v4(0x0A000000U + low);
      return IpAddress::v6((uint128{0x20010DB8U} << 96U) + low);
    };
    change([&](Transaction& tx) -> StoreResult<void> {
      for (int i = 0; i < 300; ++i) {
        EntryRow row = new_entry("203.0.113.1");
        const std::uint32_t first = random(1'000);
        row.range = *IpRange::make(address(first), address(first + random(1U << random(9))));
        if (random(3) == 0) row.range = *IpRange::make(address(first & ~7U), address(first | 7U));
        row.state = random(5) == 0 ? EntryState::kDisabled : EntryState::kEnabled;
        if (random(5) == 0) row.expires_at = UnixSeconds{random(20)};
        static_cast<void>(tx.insert_entry(ref, row));  // twins are refused
      }
      return {};
    });
    const auto rows = store().entries(ref, {0, 1'000}).value();
    for (std::uint32_t low = 0; low < 1'300; ++low) {
      std::optional<EntryId> best;
      uint128 least = 0;
      for (const EntryRow& row : rows) {
        const bool usable = row.state == EntryState::kEnabled && (!row.expires_at || row.expires_at->value > 10);
        if (!usable || !row.range.contains(address(low))) continue;
        if (best && std::pair(least, *best) < std::pair(row.range.count_minus_one(), row.id)) continue;
        best = row.id;
        least = row.range.count_minus_one();
      }
      const auto found = store().best_match(ref, address(low), {10}).value();
      ASSERT_EQ(found ? std::optional(found->id) : std::nullopt, best) << low;
    }
  }
  EXPECT_TRUE(store().verify().ok());
}

TEST_P(ControlStoreContract, AnEntryIsFoundByItsRange) {
  const EntryRow row = add_entry(ListRef::global(), "203.0.113.0/24");
  EXPECT_EQ(store().entry_of_range(ListRef::global(), row.range)->value().id, row.id);
  EXPECT_FALSE(store().entry_of_range(ListRef::global(), new_entry("203.0.113.0/25").range)->has_value());
}

}  // namespace
}  // namespace keyfence::testing
