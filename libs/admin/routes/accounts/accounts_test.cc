#include "libs/admin/maintenance.h"
#include "libs/admin/testing/api_fixture.h"
#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

using Accounts = ApiFixture;

TEST_F(Accounts, Create201IsReadBackAndListed) {
  const ApiAnswer made = post("/api/v1/accounts", R"({"name":" Acme ","error_style":"flat"})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.text("/name"), "Acme");
  EXPECT_EQ(made.header("Location"), "/api/v1/accounts/" + made.text("/id"));
  const ApiAnswer read = get("/api/v1/accounts/" + made.text("/id"));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, made.body);
  EXPECT_EQ(get("/api/v1/accounts").text("/items/0/id"), made.text("/id"));
}

TEST_F(Accounts, Create409NamesTheAccountThatHasTheName) {
  const std::string id = make_account("Acme");
  const ApiAnswer again = post("/api/v1/accounts", R"({"name":"Acme"})");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.text("/code"), "duplicate_name");
  EXPECT_EQ(again.text("/standing_id"), id);
}

TEST_F(Accounts, Create422ReportsEveryFieldAtOnce) {
  const ApiAnswer answer = post("/api/v1/accounts", R"({"name":7,"state":"gone","error_style":"loud","color":"red"})");
  EXPECT_EQ(answer.status, 422);
  ASSERT_EQ(answer.body.as_object().at("errors").as_array().size(), 4U) << answer.response.body;
  EXPECT_EQ(answer.text("/errors/0/pointer"), "/name");
  EXPECT_EQ(answer.text("/errors/0/code"), "wrong_type");
  EXPECT_EQ(answer.text("/errors/1/pointer"), "/state");
  EXPECT_EQ(answer.text("/errors/2/pointer"), "/error_style");
  EXPECT_EQ(answer.text("/errors/3/pointer"), "/color");
  EXPECT_EQ(answer.text("/errors/3/code"), "unknown_member");
}

TEST_F(Accounts, NamesThatAreEmptyLongOrControlAre422) {
  for (const std::string& bad : {std::string(R"("")"), std::string(R"("   ")"), std::string(R"("a\u0000b")"),
                                 std::string(R"("a\nb")"), "\"" + std::string(101, 'a') + "\""}) {
    EXPECT_EQ(post("/api/v1/accounts", R"({"name":)" + bad + "}").status, 422) << bad;
  }
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "é";
  EXPECT_EQ(post("/api/v1/accounts", R"({"name":")" + hundred + "\"}").status, 201);
}

TEST_F(Accounts, PagesAreCompleteAndInOrder) {
  std::vector<std::string> made;
  made.reserve(7);
  for (int i = 0; i < 7; ++i) made.push_back(make_account("account " + std::to_string(i)));
  std::vector<std::string> read;
  std::string after;
  do {
    const ApiAnswer page = get("/api/v1/accounts?limit=3" + (after.empty() ? "" : "&after=" + after));
    for (const auto& item : page.body.as_object().at("items").as_array()) {
      read.emplace_back(item.as_object().at("id").as_string());
    }
    after = page.text("/next") == "null" ? "" : page.text("/next");
  } while (!after.empty());
  EXPECT_EQ(read, made);
}

TEST_F(Accounts, PageParametersThatAreWrongAre422) {
  for (const std::string_view query : {"limit=0", "limit=1001", "limit=x", "limit=5x", "color=red"}) {
    EXPECT_EQ(get("/api/v1/accounts?" + std::string(query)).status, 422) << query;
  }
  EXPECT_EQ(get("/api/v1/accounts?after=acc_1").status, 400);
}

TEST_F(Accounts, SuspendingRefusesItsKeysAtOnce) {
  const std::string id = make_account("Acme");
  const MadeKey key = make_key(id);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kAllowed);
  EXPECT_EQ(patch("/api/v1/accounts/" + id, R"({"state":"suspended"})").status, 200);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyDisabled);
  EXPECT_EQ(patch("/api/v1/accounts/" + id, R"({"state":"active"})").status, 200);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kAllowed);
}

TEST_F(Accounts, DeletedOnesRefuseKeysAndTokensAtOnceAndCanBeRestored) {
  const std::string id = make_account("Acme");
  const MadeKey key = make_key(id);
  const std::string owner = make_token("owner", id);
  const auto status_of_owner = [&] { return call({.method = "GET", .path = "/api/v1/whoami", .token = owner}).status; };
  EXPECT_EQ(status_of_owner(), 200);
  const ApiAnswer deleted = remove("/api/v1/accounts/" + id);
  EXPECT_EQ(deleted.status, 200);
  EXPECT_EQ(deleted.text("/deleted_at"), rfc3339(clock_.now()));
  EXPECT_EQ(deleted.text("/purge_at"), rfc3339(Timestamp{clock_.now().micros + 30LL * 86'400 * 1'000'000}));
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyDisabled);
  EXPECT_EQ(status_of_owner(), 401);
  EXPECT_EQ(patch("/api/v1/accounts/" + id, R"({"state":"active"})").text("/code"), "account_deleted");
  pass(std::chrono::hours(1));
  EXPECT_EQ(remove("/api/v1/accounts/" + id).text("/purge_at"), deleted.text("/purge_at")) << "not begun anew";

  const ApiAnswer restored = call({.method = "POST", .path = "/api/v1/accounts/" + id + "/restore"});
  EXPECT_EQ(restored.status, 200);
  EXPECT_EQ(restored.text("/state"), "active");
  EXPECT_EQ(restored.text("/deleted_at"), "null");
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kAllowed);
  EXPECT_EQ(status_of_owner(), 200);
  EXPECT_EQ(call({.method = "POST", .path = "/api/v1/accounts/" + id + "/restore"}).text("/code"), "not_deleted");
}

TEST_F(Accounts, ASuspendedOneIsSuspendedAfterItsRestoration) {
  const std::string id = make_account("Acme");
  patch("/api/v1/accounts/" + id, R"({"state":"suspended"})");
  remove("/api/v1/accounts/" + id);
  EXPECT_EQ(call({.method = "POST", .path = "/api/v1/accounts/" + id + "/restore"}).text("/state"), "suspended");
}

TEST_F(Accounts, AreGoneWithAllThatIsTheirsAfterTheGrace) {
  const std::string id = make_account("Acme");
  const MadeKey key = make_key(id);
  const std::string owner = make_token("owner", id);
  make_person({.login = "ada", .account = id});
  remove("/api/v1/accounts/" + id);
  pass(std::chrono::hours(24 * 30) - std::chrono::seconds(1));
  run_maintenance(*services_);
  EXPECT_EQ(get("/api/v1/accounts/" + id).status, 200);
  pass(std::chrono::seconds(1));
  run_maintenance(*services_);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyUnknown);
  EXPECT_EQ(get("/api/v1/accounts/" + id).status, 404);
  EXPECT_EQ(get("/api/v1/keys/" + key.id).status, 404);
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/whoami", .token = owner}).status, 401);
  EXPECT_FALSE(store_->person_by_login("ada")->has_value());
  EXPECT_EQ(get("/api/v1/audit?limit=1").text("/items/0/action"), "account.purge");
  EXPECT_EQ(get("/api/v1/audit?limit=1").text("/items/0/actor"), "system");
}

TEST_F(Accounts, ArePurgedBitByBitAndNotRestoredInBetween) {
  const std::string id = make_account("Acme");
  ASSERT_TRUE(store_
                  ->transact([&](Transaction& tx) -> StoreResult<void> {
                    for (std::size_t i = 0; i < 2 * kKeysPurgedAtOnce + 1; ++i) {
                      KeyRow row;
                      row.id = KeyId(ids_.next());
                      row.account = *AccountId::parse(id);
                      row.name = "a key";
                      row.digest = sha256(row.id.text());
                      row.state = KeyState::kActive;
                      if (auto made = tx.insert_key(row); !made) return made;
                    }
                    return {};
                  })
                  .ok());
  remove("/api/v1/accounts/" + id);
  pass(std::chrono::hours(24 * 30));
  const ApiAnswer late = call({.method = "POST", .path = "/api/v1/accounts/" + id + "/restore"});
  EXPECT_EQ(late.text("/code"), "account_deleted");
  const std::uint64_t before = store_->revision()->value;
  run_maintenance(*services_);
  EXPECT_EQ(store_->revision()->value, before + 3);
  EXPECT_EQ(get("/api/v1/accounts/" + id).status, 404);
  EXPECT_TRUE(store_->keys(std::nullopt, "", {})->empty());
  EXPECT_EQ(get("/api/v1/audit?action=account.purge").body.at("items").as_array().size(), 1U);
}

TEST_F(Accounts, WhatChangesNoPolicyIsAnsweredWithTheRevisionThatStands) {
  const std::string account = make_account("Acme");
  const MadeKey key = make_key(account, R"(,"allowlist":{"entries":[{"text":"203.0.113.7"}]})");
  const std::string key_path = "/api/v1/keys/" + key.id;
  const std::string account_path = "/api/v1/accounts/" + account;
  call({.method = "POST", .path = key_path + "/revoke"});
  patch("/api/v1/instance", R"({"error_style":"flat"})");
  make_account("Another one, so that the instance is further");
  const auto revision_of = [&](const std::string& path) { return get(path).text("/revision"); };
  EXPECT_EQ(patch(account_path, R"({"name":"Acme"})").text("/revision"), revision_of(account_path));
  EXPECT_EQ(patch(key_path, R"({"name":"renamed"})").text("/revision"), revision_of(key_path));
  EXPECT_EQ(call({.method = "POST", .path = key_path + "/revoke"}).text("/revision"), revision_of(key_path));
  EXPECT_EQ(patch("/api/v1/instance", R"({"error_style":"flat"})").text("/revision"), revision_of("/api/v1/instance"));
  const std::string list = key_path + "/allowlist";
  const std::string stands = revision_of(list);
  EXPECT_EQ(patch(list, R"({"mode":"enforce"})").text("/revision"), stands);
  EXPECT_EQ(put(list, R"({"entries":[{"text":"203.0.113.7"}]})").text("/revision"), stands);
  EXPECT_EQ(post(list + "/restore", R"({"revision":)" + stands + "}").text("/revision"), stands);
  const ApiAnswer skipped = call({.method = "POST",
                                  .path = list + "/import?on_duplicate=skip",
                                  .body = "203.0.113.7\n",
                                  .headers = {},
                                  .content_type = "text/plain"});
  EXPECT_EQ(skipped.text("/revision"), stands);
  EXPECT_EQ(skipped.header("ETag"), "\"" + stands + "\"");
}

}  // namespace
}  // namespace keyfence
