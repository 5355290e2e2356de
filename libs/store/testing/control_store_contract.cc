// The part of the contract about rows; the fixture.
#include "libs/store/testing/control_store_contract.h"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <thread>

#include "libs/store/testing/policy_model.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = StoreError::Code;

template <class Rows>
auto ids_of(const Rows& rows) {
  std::vector<std::uint64_t> ids;
  ids.reserve(rows.size());
  for (const auto& row : rows) ids.push_back(row.id.value());
  return ids;
}

}  // namespace

Committed ControlStoreContract::change(const Work& work) {
  const StoreResult<Committed> result = store().transact(work);
  EXPECT_TRUE(result.ok()) << (result ? "" : result.error().message + ": " + result.error().detail);
  return result ? *result : Committed{};
}

AccountRow ControlStoreContract::add_account(const std::string& name) {
  AccountRow row = new_account(name);
  change([&](Transaction& transaction) { return transaction.insert_account(row); });
  return row;
}

KeyRow ControlStoreContract::add_key(AccountId account, const std::string& name) {
  KeyRow row = new_key(account, name);
  change([&](Transaction& transaction) { return transaction.insert_key(row); });
  return row;
}

EntryRow ControlStoreContract::add_entry(ListRef ref, const std::string& text) {
  EntryRow row = new_entry(text);
  change([&](Transaction& transaction) { return transaction.insert_entry(ref, row); });
  return row;
}

TEST_P(ControlStoreContract, NewStoreHoldsDefaultsAndRevisionZero) {
  const InstanceRow instance = store().instance().value();
  EXPECT_NE(instance.epoch, 0U);
  EXPECT_EQ(instance.key_limits, default_limits(Layer::kKey));
  EXPECT_EQ(instance.account_limits, default_limits(Layer::kAccount));
  EXPECT_EQ(instance.global_limits, default_limits(Layer::kGlobal));
  EXPECT_EQ(store().revision().value(), Revision{0});
  const ListRow global = store().list(ListRef::global()).value();
  EXPECT_EQ(global.mode, ListMode::kEnforce);
  EXPECT_EQ(global.when_empty, WhenEmpty::kAllow);
  EXPECT_EQ(global.entry_count, 0U);
  EXPECT_EQ(PolicyModel::snapshot_of(store()), PolicyModel{});
}

TEST_P(ControlStoreContract, RowsReadBackAsWritten) {
  AccountRow account = new_account("Zoë & søn");
  account.error_style = ErrorStyle::kProblem;
  KeyRow key = new_key(account.id, "prod 'key' \"1\"");
  key.expires_at = UnixSeconds{0xFFFF'FFFE};
  key.state = KeyState::kDisabled;
  EntryRow entry = new_entry("2001:db8::1 - 2001:db8::ff");
  entry.expires_at = UnixSeconds{77};
  entry.state = EntryState::kDisabled;
  const Committed committed = change([&](Transaction& transaction) -> StoreResult<void> {
    EXPECT_TRUE(transaction.insert_account(account).ok());
    EXPECT_TRUE(transaction.insert_key(key).ok());
    return transaction.insert_entry(ListRef::of(key.id), entry);
  });
  EXPECT_TRUE(committed.policy_changed);
  EXPECT_EQ(committed.revision, Revision{1});

  const AccountRow account_read = store().account(account.id).value();
  EXPECT_EQ(account_read.name, account.name);
  EXPECT_EQ(account_read.error_style, account.error_style);
  EXPECT_EQ(account_read.created_at, account.created_at);
  EXPECT_EQ(account_read.changed, Revision{1});
  EXPECT_EQ(store().account_by_name(account.name).value()->id, account.id);
  EXPECT_FALSE(store().account_by_name("nobody").value().has_value());

  const KeyRow key_read = store().key(key.id).value();
  EXPECT_EQ(key_read.account, account.id);
  EXPECT_EQ(key_read.name, key.name);
  EXPECT_EQ(key_read.description, key.description);
  EXPECT_EQ(key_read.digest, key.digest);
  EXPECT_EQ(key_read.hint, key.hint);
  EXPECT_EQ(key_read.state, key.state);
  EXPECT_EQ(key_read.expires_at, key.expires_at);
  EXPECT_EQ(key_read.scopes, key.scopes);
  EXPECT_EQ(key_read.created_by, key.created_by);
  EXPECT_EQ(store().key_by_digest(key.digest).value()->id, key.id);
  EXPECT_FALSE(store().key_by_digest(new_digest()).value().has_value());

  const EntryRow entry_read = store().entry(ListRef::of(key.id), entry.id).value();
  EXPECT_EQ(entry_read.range, entry.range);
  EXPECT_EQ(entry_read.kind, entry.kind);
  EXPECT_EQ(entry_read.text, entry.text);
  EXPECT_EQ(entry_read.label, entry.label);
  EXPECT_EQ(entry_read.state, entry.state);
  EXPECT_EQ(entry_read.expires_at, entry.expires_at);
  EXPECT_EQ(entry_read.added_by, entry.added_by);
  EXPECT_EQ(entry_read.added_at, entry.added_at);
}

TEST_P(ControlStoreContract, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(store().account(AccountId(5)).error().code, Code::kNotFound);
  EXPECT_EQ(store().key(KeyId(5)).error().code, Code::kNotFound);
  EXPECT_EQ(store().list(ListRef::of(KeyId(5))).error().code, Code::kNotFound);
  EXPECT_EQ(store().entries(ListRef::of(KeyId(5)), {}).error().code, Code::kNotFound);
  EXPECT_EQ(store().entry(ListRef::global(), EntryId(5)).error().code, Code::kNotFound);
  const auto fails = [&](const Work& work) {
    const StoreResult<Committed> result = store().transact(work);
    EXPECT_FALSE(result.ok());
    return result.ok() ? Code::kFailed : result.error().code;
  };
  EXPECT_EQ(fails([](Transaction& t) { return t.insert_key(new_key(AccountId(5), "k")); }), Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.update_account(new_account("a")); }), Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.update_key(new_key(AccountId(5), "k")); }), Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.delete_account(AccountId(5)); }), Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.delete_key(KeyId(5)); }), Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.insert_entry(ListRef::of(KeyId(5)), new_entry("::1")); }),
            Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.update_entry(ListRef::global(), new_entry("::1")); }), Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.delete_entry(ListRef::global(), EntryId(5)); }), Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.delete_entries(ListRef::of(KeyId(5))); }), Code::kNotFound);
  EXPECT_EQ(
      fails([](Transaction& t) { return t.update_list(ListRef::of(KeyId(5)), ListMode::kOff, WhenEmpty::kDeny); }),
      Code::kNotFound);
  EXPECT_EQ(fails([](Transaction& t) { return t.update_token(new_token("t")); }), Code::kNotFound);
  EXPECT_EQ(store().revision().value(), Revision{0});
}

TEST_P(ControlStoreContract, NamesDigestsAndCanonicalEntriesAreUnique) {
  const AccountRow account = add_account("acme");
  const KeyRow key = add_key(account.id, "one");
  const EntryRow entry = add_entry(ListRef::of(key.id), "10.0.0.0/24");
  const auto duplicate = [&](const Work& work) {
    const StoreResult<Committed> result = store().transact(work);
    EXPECT_FALSE(result.ok());
    if (result.ok()) return std::string();
    EXPECT_EQ(result.error().code, Code::kDuplicate);
    return result.error().message;
  };
  EXPECT_THAT(duplicate([](Transaction& t) { return t.insert_account(new_account("acme")); }), HasSubstr("acme"));
  KeyRow same_digest = new_key(account.id, "two");
  same_digest.digest = key.digest;
  EXPECT_THAT(duplicate([&](Transaction& t) { return t.insert_key(same_digest); }), HasSubstr(key.id.text()));
  // Typed differently, the same addresses.
  const EntryRow same_range = new_entry("10.0.0.0 - 10.0.0.255");
  const std::string message =
      duplicate([&](Transaction& t) { return t.insert_entry(ListRef::of(key.id), same_range); });
  EXPECT_THAT(message, HasSubstr("10.0.0.0/24"));
  EXPECT_THAT(message, HasSubstr(entry.id.text()));
  // Another list may hold it too.
  change([&](Transaction& t) { return t.insert_entry(ListRef::of(account.id), same_range); });
}

TEST_P(ControlStoreContract, PagesFollowEachOtherWithoutGapOrRepeat) {
  const AccountRow account = add_account("acme");
  const AccountRow other = add_account("other");
  std::vector<std::uint64_t> added;
  for (int i = 0; i < 25; ++i) {
    added.push_back(add_key(account.id, "Key-" + std::to_string(i)).id.value());
    static_cast<void>(add_key(other.id, "elsewhere " + std::to_string(i)));
  }
  std::vector<std::uint64_t> seen;
  PageRequest page{0, 10};
  while (true) {
    const auto rows = store().keys(account.id, "", page).value();
    if (rows.empty()) break;
    EXPECT_LE(rows.size(), 10U);
    for (const KeyRow& row : rows) seen.push_back(row.id.value());
    page.after = seen.back();
  }
  EXPECT_EQ(seen, added);
  EXPECT_THAT(store().keys(std::nullopt, "", {0, 1000}).value(), SizeIs(50));
}

TEST_P(ControlStoreContract, KeysAreFoundByAnyPartOfTheirName) {
  const AccountRow account = add_account("acme");
  const AccountRow other = add_account("other");
  const KeyRow billing = add_key(account.id, "Billing 100% \"live\"");
  const KeyRow reports = add_key(account.id, "reports_live");
  const KeyRow elsewhere = add_key(other.id, "billing");
  const auto found = [&](std::optional<AccountId> in, std::string_view text) {
    return ids_of(store().keys(in, text, {0, 100}).value());
  };
  EXPECT_THAT(found(std::nullopt, "illin"), ElementsAre(billing.id.value(), elsewhere.id.value()));
  EXPECT_THAT(found(account.id, "BILL"), ElementsAre(billing.id.value()));
  EXPECT_THAT(found(std::nullopt, "LI"), ElementsAre(billing.id.value(), reports.id.value(), elsewhere.id.value()));
  EXPECT_THAT(found(std::nullopt, "0% \"li"), ElementsAre(billing.id.value()));
  EXPECT_THAT(found(std::nullopt, "s_l"), ElementsAre(reports.id.value()));
  EXPECT_THAT(found(std::nullopt, "%"), ElementsAre(billing.id.value()));
  EXPECT_THAT(found(std::nullopt, "nowhere"), IsEmpty());
  EXPECT_THAT(ids_of(store().keys(std::nullopt, "live", {billing.id.value(), 100}).value()),
              ElementsAre(reports.id.value()));
  KeyRow renamed = reports;
  renamed.name = "summary";
  change([&](Transaction& t) { return t.update_key(renamed); });
  EXPECT_THAT(found(std::nullopt, "_live"), IsEmpty());
  EXPECT_THAT(found(std::nullopt, "summ"), ElementsAre(reports.id.value()));
  change([&](Transaction& t) { return t.delete_key(billing.id); });
  EXPECT_THAT(found(std::nullopt, "illin"), ElementsAre(elsewhere.id.value()));
  change([&](Transaction& t) { return t.delete_account(other.id); });
  EXPECT_THAT(found(std::nullopt, "b"), IsEmpty());
}

TEST_P(ControlStoreContract, KeysAreFoundByTextsOfAnyLengthAndLanguage) {
  const AccountRow account = add_account("acme");
  const KeyRow umlaut = add_key(account.id, "Z\u00fcrich");
  const KeyRow smile = add_key(account.id, "a\U0001F642b");
  const std::string long_name = std::string(60, 'n') + "eedle";
  const KeyRow needle = add_key(account.id, long_name);
  const auto found = [&](std::string_view text) { return ids_of(store().keys(account.id, text, {0, 100}).value()); };
  EXPECT_THAT(found("\u00fc"), ElementsAre(umlaut.id.value()));
  EXPECT_THAT(found("z\u00fc"), ElementsAre(umlaut.id.value()));
  EXPECT_THAT(found("\U0001F642"), ElementsAre(smile.id.value()));
  EXPECT_THAT(found("a\U0001F642b"), ElementsAre(smile.id.value()));
  EXPECT_THAT(found("E"), ElementsAre(needle.id.value()));
  EXPECT_THAT(found("need"), ElementsAre(needle.id.value()));
  EXPECT_THAT(found(long_name), ElementsAre(needle.id.value()));
  EXPECT_THAT(found("needleneedle"), IsEmpty()) << "all of its grams are in the name, but it is not";
  for (const std::string_view none : {"q", "zz", "nnx", "\xff", "x0", "\" OR \"6e"}) {
    EXPECT_THAT(found(none), IsEmpty()) << none;
  }
  EXPECT_THAT(found(std::string_view("\0", 1)), IsEmpty());
}

TEST_P(ControlStoreContract, WhatAThreadHoldsIsOneSnapshotAndOthersWriteMeanwhile) {
  const AccountRow before = add_account("before");
  {
    const auto hold = store().hold_reads();
    ASSERT_NE(hold, nullptr);
    EXPECT_THAT(store().accounts({}).value(), SizeIs(1));
    static_cast<void>(add_account("meanwhile"));
    EXPECT_THAT(store().accounts({}).value(), SizeIs(1));
    EXPECT_EQ(store().account(AccountId(4)).error().code, StoreError::Code::kNotFound);
    EXPECT_EQ(store().account(before.id)->name, "before");
  }
  EXPECT_THAT(store().accounts({}).value(), SizeIs(2));
}

TEST_P(ControlStoreContract, TokensAndSettingsAreNeverReadAsTheyWereBeforeAnAnsweredChange) {
  const TokenRow first = new_token("0");
  ASSERT_TRUE(store().transact([&](Transaction& t) { return t.insert_token(first); }).ok());
  std::atomic<bool> done{false};
  std::atomic<std::size_t> answered{0};  // names below it are gone
  std::atomic<int> outdated{0};
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, holds = i > 0] {
      while (!done) {
        const auto hold = holds ? store().hold_reads() : nullptr;
        if (hold) static_cast<void>(store().accounts({}));  // the snapshot begins here
        const std::size_t before = answered;
        const auto token = store().token_by_digest(first.digest);
        const auto instance = store().instance();
        if (hold) continue;  // these may be as old as what is held
        if (std::stoul((*token)->name) < before || instance->key_limits.entries_max < 1 + before) ++outdated;
      }
    });
  }
  for (std::size_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(store()
                    .transact([&](Transaction& t) -> StoreResult<void> {
                      TokenRow token = first;
                      token.name = std::to_string(i);
                      InstanceRow instance = t.instance().value();
                      instance.key_limits.entries_max = 1 + i;
                      if (auto updated = t.update_token(token); !updated) return updated;
                      return t.update_instance(instance);
                    })
                    .ok());
    answered = i;
    EXPECT_EQ(store().token_by_digest(first.digest).value()->name, std::to_string(i));
    EXPECT_EQ(store().instance()->key_limits.entries_max, 1 + i);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(outdated, 0);
}

TEST_P(ControlStoreContract, WhereAllConnectionsAreHeldNobodyIsKeptWaitingForAnother) {
  std::vector<std::thread> threads;
  std::latch all(64);
  std::latch counted(64);
  std::atomic<int> refused{0};
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      all.arrive_and_wait();
      const auto hold = store().hold_reads();
      if (!hold) ++refused;
      counted.arrive_and_wait();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(refused, 0);
  EXPECT_NE(store().hold_reads(), nullptr) << "they were given back";
}

TEST_P(ControlStoreContract, AccountsAreListedByTheirCondition) {
  const AccountRow active = add_account("active");
  AccountRow suspended = add_account("suspended");
  AccountRow deleted = add_account("deleted");
  suspended.state = AccountState::kSuspended;
  deleted.state = AccountState::kSuspended;
  deleted.deletion = {Timestamp{1}, Timestamp{2}, AccountState::kActive};
  change([&](Transaction& t) { return t.update_account(suspended); });
  change([&](Transaction& t) { return t.update_account(deleted); });
  const auto in = [&](AccountCondition condition) { return ids_of(store().accounts_in(condition, {}).value()); };
  EXPECT_THAT(in(AccountCondition::kActive), ElementsAre(active.id.value()));
  EXPECT_THAT(in(AccountCondition::kSuspended), ElementsAre(suspended.id.value()));
  EXPECT_THAT(in(AccountCondition::kDeleted), ElementsAre(deleted.id.value()));
  EXPECT_THAT(ids_of(store().accounts_in(AccountCondition::kDeleted, {deleted.id.value(), 10}).value()), IsEmpty());
}

TEST_P(ControlStoreContract, KeysAreListedWithTheirListsByConditionAndRestriction) {
  const AccountRow account = add_account("acme");
  static_cast<void>(add_key(add_account("other").id, "open elsewhere"));
  const KeyRow open = add_key(account.id, "open");
  const KeyRow closed = add_key(account.id, "closed");
  const KeyRow watched = add_key(account.id, "watched");
  const KeyRow denied = add_key(account.id, "denied");
  KeyRow disabled = add_key(account.id, "disabled");
  KeyRow revoked = add_key(account.id, "revoked");
  KeyRow expired = add_key(account.id, "expired");
  static_cast<void>(add_entry(ListRef::of(closed.id), "10.0.0.1"));
  static_cast<void>(add_entry(ListRef::of(watched.id), "10.0.0.1"));
  disabled.state = KeyState::kDisabled;
  revoked.state = KeyState::kRevoked;
  expired.expires_at = UnixSeconds{1000};
  change([&](Transaction& t) { return t.update_list(ListRef::of(watched.id), ListMode::kMonitor, WhenEmpty::kAllow); });
  change([&](Transaction& t) { return t.update_list(ListRef::of(denied.id), ListMode::kEnforce, WhenEmpty::kDeny); });
  for (const KeyRow* row : {&disabled, &revoked, &expired}) {
    change([&](Transaction& t) { return t.update_key(*row); });
  }
  const auto found = [&](std::optional<KeyCondition> condition, std::optional<Restriction> restriction,
                         std::string name = "", std::uint32_t now = 1000, PageRequest page = {0, 100}) {
    std::vector<std::string> names;
    const KeyFilter filter{account.id, std::move(name), condition, restriction, UnixSeconds{now}};
    const auto rows = store().listed_keys(filter, page).value();
    for (const ListedKey& row : rows) {
      EXPECT_EQ(row.list.ref, ListRef::of(row.key.id));
      EXPECT_EQ(row.list.entry_count, store().list(row.list.ref)->entry_count);
      EXPECT_EQ(row.list.mode, store().list(row.list.ref)->mode);
      EXPECT_EQ(row.list.when_empty, store().list(row.list.ref)->when_empty);
      EXPECT_EQ(row.list.changed, store().list(row.list.ref)->changed);
      names.push_back(row.key.name);
    }
    return names;
  };
  using C = KeyCondition;
  EXPECT_THAT(found({}, {}), SizeIs(7));
  EXPECT_THAT(found(C::kActive, {}), ElementsAre("open", "closed", "watched", "denied"));
  EXPECT_THAT(found(C::kActive, {}, "", 999), ElementsAre("open", "closed", "watched", "denied", "expired"));
  EXPECT_THAT(found(C::kDisabled, {}), ElementsAre("disabled"));
  EXPECT_THAT(found(C::kRevoked, {}), ElementsAre("revoked"));
  EXPECT_THAT(found(C::kExpired, {}), ElementsAre("expired"));
  EXPECT_THAT(found(C::kActive, Restriction::kNone), ElementsAre("open", "watched"));
  EXPECT_THAT(found({}, Restriction::kSome), ElementsAre("closed", "denied"));
  EXPECT_THAT(found({}, {}, "OPE"), ElementsAre("open"));
  EXPECT_THAT(found(C::kActive, Restriction::kNone, "e"), ElementsAre("open", "watched"));
  EXPECT_THAT(found(C::kExpired, Restriction::kNone, "ex"), ElementsAre("expired"));
  EXPECT_THAT(found(C::kActive, {}, "", 1000, {open.id.value(), 2}), ElementsAre("closed", "watched"));
}

TEST_P(ControlStoreContract, ListsCountTheirEntriesAndTellWhenTheyChanged) {
  const AccountRow account = add_account("acme");  // revision 1
  const ListRef ref = ListRef::of(account.id);
  const EntryRow first = add_entry(ref, "10.0.0.1");        // 2
  static_cast<void>(add_entry(ref, "10.0.0.2"));            // 3
  static_cast<void>(add_entry(ListRef::global(), "::/0"));  // 4
  EXPECT_EQ(store().list(ref)->entry_count, 2U);
  EXPECT_EQ(store().list(ref)->changed, Revision{3});
  change([&](Transaction& t) { return t.delete_entry(ref, first.id); });  // 5
  EXPECT_EQ(store().list(ref)->entry_count, 1U);
  EXPECT_EQ(store().list(ref)->changed, Revision{5});
  change([&](Transaction& t) -> StoreResult<void> {  // 6
    EXPECT_TRUE(t.update_list(ref, ListMode::kMonitor, WhenEmpty::kDeny).ok());
    EXPECT_TRUE(t.insert_entry(ref, new_entry("10.0.0.3")).ok());
    EXPECT_EQ(t.list(ref)->entry_count, 2U) << "a transaction sees its own writes";
    EXPECT_EQ(t.list(ref)->mode, ListMode::kMonitor);
    return t.delete_entries(ref);
  });
  const ListRow row = store().list(ref).value();
  EXPECT_EQ(row.entry_count, 0U);
  EXPECT_EQ(row.mode, ListMode::kMonitor);
  EXPECT_EQ(row.when_empty, WhenEmpty::kDeny);
  EXPECT_EQ(row.changed, Revision{6});
  EXPECT_EQ(store().list(ListRef::global())->changed, Revision{4});
}

TEST_P(ControlStoreContract, NamesAndTokensTakeNoRevision) {
  AccountRow account = add_account("acme");
  KeyRow key = add_key(account.id, "key");
  const Revision before = store().revision().value();
  const TokenRow token = new_token("ci");
  account.name = "acme limited";
  key.name = "renamed";
  const Committed committed = change([&](Transaction& t) -> StoreResult<void> {
    EXPECT_TRUE(t.update_account(account).ok());
    EXPECT_TRUE(t.update_key(key).ok());
    EXPECT_TRUE(t.insert_token(token).ok());
    t.audit_line(new_audit_line("account.rename", account.id.text()));
    return {};
  });
  EXPECT_FALSE(committed.policy_changed);
  EXPECT_EQ(committed.revision, before);
  EXPECT_EQ(store().revision().value(), before);
  EXPECT_EQ(store().account(account.id)->name, "acme limited");
  EXPECT_EQ(store().key(key.id)->name, "renamed");
  EXPECT_EQ(store().audit({}, {}).value().front().revision, before);
  EXPECT_THAT(store().changes(before, 10).value(), IsEmpty());
}

TEST_P(ControlStoreContract, TokensAreKeptUntilTheirAccountGoes) {
  const AccountRow account = add_account("acme");
  TokenRow token = new_token("deploy");
  token.role = Role::kAdmin;
  token.account = account.id;
  token.expires_at = UnixSeconds{99};
  change([&](Transaction& t) { return t.insert_token(token); });
  token.revoked_at = Timestamp{123};
  change([&](Transaction& t) { return t.update_token(token); });
  const std::optional<TokenRow> read = store().token_by_digest(token.digest).value();
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->id, token.id);
  EXPECT_EQ(read->name, token.name);
  EXPECT_EQ(read->role, token.role);
  EXPECT_EQ(read->account, token.account);
  EXPECT_EQ(read->expires_at, token.expires_at);
  EXPECT_EQ(read->revoked_at, token.revoked_at);
  EXPECT_THAT(store().tokens({}).value(), SizeIs(1));
  change([&](Transaction& t) { return t.delete_account(account.id); });
  EXPECT_FALSE(store().token_by_digest(token.digest).value().has_value());
}

TEST_P(ControlStoreContract, AuditRowsStandWithTheirChangeNewestFirst) {
  const AccountRow account = new_account("acme");
  change([&](Transaction& t) -> StoreResult<void> {
    AuditRow line = new_audit_line("account.create", account.id.text());
    line.account = account.id;
    t.audit_line(line);
    t.audit_line(new_audit_line("second", "x"));
    return t.insert_account(account);
  });
  const StoreResult<Committed> refused = store().transact([&](Transaction& t) -> StoreResult<void> {
    t.audit_line(new_audit_line("never", "x"));
    EXPECT_TRUE(t.insert_account(new_account("never")).ok());
    return Err{StoreError{Code::kPrecondition, "no", ""}};
  });
  EXPECT_EQ(refused.error().code, Code::kPrecondition);
  const std::vector<AuditRow> rows = store().audit({}, {}).value();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].action, "second");
  EXPECT_EQ(rows[1].action, "account.create");
  EXPECT_EQ(rows[1].subject, account.id.text());
  EXPECT_EQ(rows[1].actor, "cli");
  EXPECT_EQ(rows[1].address, "192.0.2.7");
  EXPECT_EQ(rows[1].before, "{}");
  EXPECT_EQ(rows[1].after, R"({"state":"active"})");
  EXPECT_EQ(rows[1].revision, Revision{1});
  EXPECT_GT(rows[0].id, rows[1].id);
  EXPECT_THAT(store().audit({}, {rows[0].id, 10}).value(), SizeIs(1));
  EXPECT_THAT(store().audit({.account = account.id}, {}).value(), SizeIs(1));
}

}  // namespace keyfence::testing
