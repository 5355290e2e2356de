#include "libs/admin/testing/api_fixture.h"
#include "libs/admin/testing/counting_store.h"

namespace keyfence {
namespace {

class AllowlistRoutes : public ApiFixture {
 protected:
  ApiAnswer add(const std::string& text, const std::string& extra = "") {
    return post(path_ + "/entries", R"({"text":")" + text + "\"" + extra + "}");
  }

  std::string account_ = make_account("Acme");
  MadeKey key_ = make_key(account_);
  std::string path_ = "/api/v1/keys/" + key_.id + "/allowlist";
};

TEST_F(AllowlistRoutes, AnAddedEntryIsEnforcedWhenItIsAnswered) {
  const ApiAnswer made = add("203.0.113.0/24", R"(,"label":"office")");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(decide(key_.secret, "203.0.113.1").reason, Reason::kAllowed);
  EXPECT_EQ(decide(key_.secret, "198.51.100.1").reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(std::to_string(decide(key_.secret, "203.0.113.1").revision.value), made.text("/revision"));
  const ApiAnswer list = get(path_);
  EXPECT_EQ(list.text("/entries/0/canonical"), "203.0.113.0/24");
  EXPECT_EQ(list.text("/entries/0/label"), "office");
  EXPECT_EQ(list.text("/entry_count"), "1");
}

TEST_F(AllowlistRoutes, TheSameSubTreeServesGlobalAndAccount) {
  const std::string account_path = "/api/v1/accounts/" + account_ + "/allowlist";
  EXPECT_EQ(post("/api/v1/allowlist/entries", R"({"text":"2001:db8::/32"})").status, 201);
  EXPECT_EQ(decide(key_.secret, "203.0.113.1").reason, Reason::kAddressDeniedGlobal);
  EXPECT_EQ(post(account_path + "/entries", R"({"text":"2001:db8:1::/48"})").status, 201);
  EXPECT_EQ(decide(key_.secret, "2001:db8:2::1").reason, Reason::kAddressDeniedAccount);
  EXPECT_EQ(decide(key_.secret, "2001:db8:1::1").reason, Reason::kAllowed);
  EXPECT_EQ(get("/api/v1/allowlist").text("/owner_id"), "null");
  EXPECT_EQ(get(account_path).text("/owner_id"), account_);
}

TEST_F(AllowlistRoutes, ADuplicateIs409WithTheStandingEntry) {
  const std::string id = add("203.0.113.0/24").text("/entry/id");
  const ApiAnswer again = add("203.0.113.0/255.255.255.0");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.text("/code"), "duplicate_entry");
  EXPECT_EQ(again.text("/standing_id"), id);
}

TEST_F(AllowlistRoutes, MoreEntriesThanTheListMayHaveAreNotReadAndNoWriterIsAsked) {
  CountingStore counting(*store_);
  serve_with(counting, *publisher_);
  std::string zeros = "0";
  for (int i = 1; i < 5'000; ++i) zeros += ",0";
  const ApiAnswer refused = put(path_, R"({"entries":[)" + zeros + "]}");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.body.at("errors").as_array().size(), 1U);
  EXPECT_EQ(refused.text("/errors/0/code"), "too_many_entries");
  EXPECT_EQ(refused.text("/errors/0/pointer"), "/entries/20/text");
  const ApiAnswer wrong = put("/api/v1/allowlist", R"({"entries":[)" + zeros + "]}");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.body.at("errors").as_array().size(), 1'000U);
  EXPECT_EQ(put(path_, R"({"entries":[{"text":"10.0.0.0/8"}]})").text("/errors/0/code"), "too_broad");
  EXPECT_EQ(counting.transactions, 0U);
  EXPECT_EQ(put(path_, R"({"entries":[{"text":"10.0.0.0/9"}]})").status, 200);
  serve_with(*store_, *publisher_);
}

TEST_F(AllowlistRoutes, ABroadEntryIs422WhereTheListHasAFloor) {
  const ApiAnswer broad = add("10.0.0.0/8");
  EXPECT_EQ(broad.status, 422);
  EXPECT_EQ(broad.text("/errors/0/code"), "too_broad");
  EXPECT_EQ(broad.text("/errors/0/pointer"), "/text");
  EXPECT_EQ(post("/api/v1/allowlist/entries", R"({"text":"10.0.0.0/8"})").status, 201);
}

TEST_F(AllowlistRoutes, WarningsNameTheOtherEntry) {
  const std::string outer = add("203.0.113.0/24").text("/entry/id");
  const ApiAnswer inner = add("203.0.113.7");
  ASSERT_EQ(inner.status, 201);
  EXPECT_NE(inner.response.body.find(R"("code":"inside_other_entry")"), std::string::npos) << inner.response.body;
  EXPECT_NE(inner.response.body.find(R"("entry_id":")" + outer), std::string::npos);
}

TEST_F(AllowlistRoutes, WarningsOfPrivateAddressesCanBeTurnedOff) {
  EXPECT_NE(add("192.168.1.1").response.body.find("not_public"), std::string::npos);
  EXPECT_EQ(patch("/api/v1/instance", R"({"non_public_warnings":false})").status, 200);
  EXPECT_EQ(add("192.168.1.2").response.body.find("not_public"), std::string::npos);
}

TEST_F(AllowlistRoutes, RemovingTheLastEntryOfAnOpenListMustBeConfirmed) {
  const std::string entry = path_ + "/entries/" + add("203.0.113.0/24").text("/entry/id");
  const ApiAnswer refused = remove(entry);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.text("/code"), "would_open_list");
  EXPECT_EQ(put(path_, R"({"entries":[]})").text("/code"), "would_open_list");
  EXPECT_EQ(decide(key_.secret, "198.51.100.1").reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(remove(entry + "?confirm=yes").status, 422);
  EXPECT_EQ(remove(entry + "?confirm=open_to_everyone").status, 200);
  EXPECT_EQ(decide(key_.secret, "198.51.100.1").reason, Reason::kAllowed);
}

TEST_F(AllowlistRoutes, ADefaultDenyListStaysShutWithoutConfirmation) {
  const std::string entry = path_ + "/entries/" + add("203.0.113.0/24").text("/entry/id");
  EXPECT_EQ(patch(path_, R"({"when_empty":"deny"})").status, 200);
  EXPECT_EQ(remove(entry).status, 200);
  EXPECT_EQ(decide(key_.secret, "203.0.113.1").reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(patch(path_, R"({"when_empty":"allow"})").text("/code"), "would_open_list");
  EXPECT_EQ(patch(path_ + "?confirm=open_to_everyone", R"({"when_empty":"allow"})").status, 200);
  EXPECT_EQ(decide(key_.secret, "203.0.113.1").reason, Reason::kAllowed);
}

TEST_F(AllowlistRoutes, AListThatChangesWhileItsReplacementWaitsIsReplacedAsItStandsThen) {
  add("203.0.113.1");
  CountingStore counting(*store_);
  serve_with(counting, *publisher_);
  const std::string body = R"({"entries":[{"text":"203.0.113.1","label":"kept"},{"text":"203.0.113.3"}]})";
  const ListRef ref = ListRef::of(*KeyId::parse(key_.id));
  const auto insert = [&](const std::string& text) {
    EntryRow row;
    row.id = EntryId(ids_.next());
    row.range = IpRange::single(*IpAddress::parse(text));
    row.text = text;
    EXPECT_TRUE(store_->transact([&](Transaction& tx) { return tx.insert_entry(ref, row); }).ok());
  };
  counting.before_transaction = [&] { insert("203.0.113.2"); };
  const ApiAnswer replaced = put(path_, body);
  ASSERT_EQ(replaced.status, 200) << replaced.response.body;
  EXPECT_EQ(replaced.text("/kept"), "1");
  EXPECT_EQ(replaced.text("/added"), "1");
  EXPECT_EQ(replaced.text("/removed"), "1");
  EXPECT_EQ(get(path_).text("/entry_count"), "2");
  EXPECT_EQ(decide(key_.secret, "203.0.113.2").reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(decide(key_.secret, "203.0.113.3").reason, Reason::kAllowed);
  const ApiAnswer audit = get("/api/v1/audit?limit=1");
  EXPECT_EQ(audit.text("/items/0/before/entry_count"), "2") << "as it stood when it was replaced";
  EXPECT_EQ(audit.text("/items/0/before/entries/1/text"), "203.0.113.2");
  EXPECT_EQ(audit.text("/items/0/after/entries/1/text"), "203.0.113.3");

  const std::string read = *get(path_).header("ETag");
  counting.before_transaction = [&] { insert("203.0.113.4"); };
  const ApiAnswer late = call({.method = "PUT", .path = path_, .body = body, .headers = {{"If-Match", read}}});
  EXPECT_EQ(late.status, 412) << "changed after it was read, and before it was replaced";
  EXPECT_EQ(get(path_).text("/entry_count"), "3");
}

TEST_F(AllowlistRoutes, AnImportIsJudgedByTheListAsItStandsWhenItIsWritten) {
  CountingStore counting(*store_);
  serve_with(counting, *publisher_);
  const std::string body = R"({"entries":[{"text":"203.0.113.1"},{"text":"203.0.113.2"}]})";
  counting.before_transaction = [&] {
    EntryRow row;
    row.id = EntryId(ids_.next());
    row.range = IpRange::single(*IpAddress::parse("203.0.113.2"));
    row.text = "203.0.113.2";
    const ListRef ref = ListRef::of(*KeyId::parse(key_.id));
    EXPECT_TRUE(store_->transact([&](Transaction& tx) { return tx.insert_entry(ref, row); }).ok());
  };
  const ApiAnswer refused = post(path_ + "/import", body);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.text("/lines/0/code"), "duplicate_entry");
  EXPECT_EQ(get(path_).text("/entry_count"), "1") << "the one of the other caller";
  const ApiAnswer skipped = post(path_ + "/import?on_duplicate=skip", body);
  EXPECT_EQ(skipped.status, 200) << skipped.response.body;
  EXPECT_EQ(skipped.text("/added"), "1");
  EXPECT_EQ(skipped.text("/skipped"), "1");
}

TEST_F(AllowlistRoutes, AStaleIfMatchIs412AndChangesNothing) {
  const std::string before = *get(path_).header("ETag");
  const ApiAnswer added = add("203.0.113.0/24");
  const std::string entry = path_ + "/entries/" + added.text("/entry/id");
  const std::vector<HttpHeader> stale = {{"If-Match", before}};
  const auto attempt = [&](std::string_view method, const std::string& path, const std::string& body) {
    return call({.method = method, .path = path, .body = body, .headers = stale}).status;
  };
  EXPECT_EQ(attempt("POST", path_ + "/entries", R"({"text":"192.0.2.1"})"), 412);
  EXPECT_EQ(attempt("PATCH", path_, R"({"mode":"off"})"), 412);
  EXPECT_EQ(attempt("PUT", path_, R"({"entries":[]})"), 412);
  EXPECT_EQ(attempt("PATCH", entry, R"({"enabled":false})"), 412);
  EXPECT_EQ(attempt("DELETE", entry, ""), 412);
  EXPECT_EQ(attempt("POST", path_ + "/import", R"({"entries":[{"text":"192.0.2.1"}]})"), 412);
  const ApiAnswer list = get(path_);
  EXPECT_EQ(list.header("ETag"), added.header("ETag"));
  EXPECT_EQ(list.text("/entry_count"), "1");
  const ApiAnswer fresh = call({.method = "PATCH",
                                .path = path_,
                                .body = R"({"mode":"monitor"})",
                                .headers = {{"If-Match", *list.header("ETag")}}});
  EXPECT_EQ(fresh.status, 200);
  EXPECT_EQ(fresh.header("ETag"), get(path_).header("ETag"));
}

TEST_F(AllowlistRoutes, ReplacingKeepsTheIdsOfWhatStays) {
  const std::string kept = add("203.0.113.0/24").text("/entry/id");
  add("192.0.2.1");
  const ApiAnswer replaced =
      put(path_,
          R"({"mode":"enforce","entries":[{"text":"203.0.113.0 - 203.0.113.255","label":"x"},{"text":"192.0.2.2"}]})");
  ASSERT_EQ(replaced.status, 200) << replaced.response.body;
  EXPECT_EQ(replaced.text("/added") + replaced.text("/kept") + replaced.text("/removed"), "111");
  const ApiAnswer list = get(path_);
  EXPECT_EQ(list.text("/entries/0/id"), kept);
  EXPECT_EQ(list.text("/entries/0/label"), "x");
  EXPECT_EQ(list.text("/entries/1/canonical"), "192.0.2.2/32");
  EXPECT_EQ(decide(key_.secret, "192.0.2.1").reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(decide(key_.secret, "192.0.2.2").reason, Reason::kAllowed);
  const ApiAnswer all_new = put(path_, R"({"entries":[{"text":"192.0.2.9"}]})");
  EXPECT_EQ(all_new.text("/removed"), "2");
  EXPECT_EQ(get(path_).text("/entry_count"), "1");
}

TEST_F(AllowlistRoutes, EntriesAreChangedInPlace) {
  const std::string entry = path_ + "/entries/" + add("203.0.113.0/24").text("/entry/id");
  EXPECT_EQ(patch(entry, R"({"enabled":false})").text("/entry/enabled"), "false");
  EXPECT_EQ(decide(key_.secret, "203.0.113.1").reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(patch(entry, R"({"enabled":true,"text":"198.51.100.0/24","label":"new"})").text("/entry/canonical"),
            "198.51.100.0/24");
  EXPECT_EQ(decide(key_.secret, "203.0.113.1").reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(decide(key_.secret, "198.51.100.1").reason, Reason::kAllowed);
  EXPECT_EQ(patch(entry, R"({"expires_at":"2000-01-01T00:00:00Z"})").status, 200);
  EXPECT_EQ(decide(key_.secret, "198.51.100.1").reason, Reason::kAddressDeniedKey);
  add("192.0.2.1");
  EXPECT_EQ(patch(entry, R"({"text":"192.0.2.1"})").status, 409);
  EXPECT_EQ(patch(path_ + "/entries/ent_0000000000001", R"({"label":"x"})").status, 404);
}

TEST_F(AllowlistRoutes, ModesMonitorAndOffLetThrough) {
  add("203.0.113.0/24");
  EXPECT_EQ(patch(path_, R"({"mode":"monitor"})").status, 200);
  EXPECT_EQ(decide(key_.secret, "192.0.2.1").would_deny, Reason::kAddressDeniedKey);
  EXPECT_EQ(patch(path_, R"({"mode":"off"})").status, 200);
  EXPECT_EQ(decide(key_.secret, "192.0.2.1").would_deny, Reason::kAllowed);
}

TEST_F(AllowlistRoutes, EntriesArePaged) {
  for (int i = 1; i <= 5; ++i) add("192.0.2." + std::to_string(i));
  const ApiAnswer first = get(path_ + "?limit=3");
  EXPECT_EQ(first.body.as_object().at("entries").as_array().size(), 3U);
  const ApiAnswer second = get(path_ + "?limit=3&after=" + first.text("/next"));
  EXPECT_EQ(second.body.as_object().at("entries").as_array().size(), 2U);
  EXPECT_EQ(second.text("/entries/0/canonical"), "192.0.2.4/32");
  EXPECT_EQ(second.text("/next"), "null");
}

class Import : public AllowlistRoutes {
 protected:
  ApiAnswer import(const std::string& text, const std::string& query = "") {
    return call({.method = "POST",
                 .path = path_ + "/import" + query,
                 .body = text,
                 .content_type = "text/plain; charset=utf-8"});
  }
};

TEST_F(Import, TextIsOneRevisionWithAResultPerLine) {
  const std::uint64_t before = store_->revision()->value;
  const ApiAnswer answer = import("# ours\n203.0.113.0/24, office\n\n192.0.2.1\n");
  ASSERT_EQ(answer.status, 200) << answer.response.body;
  EXPECT_EQ(store_->revision()->value, before + 1);
  EXPECT_EQ(answer.text("/added"), "2");
  EXPECT_EQ(answer.text("/lines/0/line"), "2");
  EXPECT_EQ(answer.text("/lines/0/label"), "office");
  EXPECT_EQ(answer.text("/lines/1/line"), "4");
  EXPECT_EQ(get(path_).text("/entries/0/id"), answer.text("/lines/0/entry_id"));
}

TEST_F(Import, OneWrongLineRefusesAll) {
  const ApiAnswer answer = import("203.0.113.0/24\n10.0.0.5/24\n192.0.2.1\n192.0.2.1\n");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.text("/code"), "import_refused");
  ASSERT_EQ(answer.body.as_object().at("lines").as_array().size(), 2U);
  EXPECT_EQ(answer.text("/lines/0/line"), "2");
  EXPECT_EQ(answer.text("/lines/0/code"), "host_bits_set");
  EXPECT_EQ(answer.text("/lines/0/suggestions/0"), "10.0.0.0/24");
  EXPECT_EQ(answer.text("/lines/1/code"), "duplicate_entry");
  EXPECT_EQ(get(path_).text("/entry_count"), "0");
}

TEST_F(Import, ADryRunReportsAndStoresNothing) {
  const ApiAnswer answer = import("203.0.113.0/24\nnonsense\n", "?dry_run=true");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("/stored"), "false");
  EXPECT_EQ(answer.text("/added") + answer.text("/failed"), "11");
  EXPECT_EQ(get(path_).text("/entry_count"), "0");
}

TEST_F(Import, DuplicatesCanBeSkipped) {
  add("203.0.113.0/24");
  const ApiAnswer answer = import("203.0.113.0/24\n192.0.2.1\n192.0.2.1\n", "?on_duplicate=skip");
  ASSERT_EQ(answer.status, 200) << answer.response.body;
  EXPECT_EQ(answer.text("/added") + answer.text("/skipped"), "12");
  EXPECT_EQ(get(path_).text("/entry_count"), "2");
  EXPECT_EQ(import("192.0.2.1\n", "?on_duplicate=skip").text("/added"), "0");
}

TEST_F(Import, JsonCarriesExpiryAndState) {
  const ApiAnswer answer =
      post(path_ + "/import", R"({"entries":[{"text":"192.0.2.1","enabled":false},{"text":"192.0.2.2",
      "expires_at":"2100-01-01T00:00:00Z","label":"l"}]})");
  ASSERT_EQ(answer.status, 200) << answer.response.body;
  EXPECT_EQ(get(path_).text("/entries/0/enabled"), "false");
  EXPECT_EQ(get(path_).text("/entries/1/expires_at"), "2100-01-01T00:00:00Z");
}

TEST_F(Import, WhatIsNoImportIsRefusedAsAWhole) {
  EXPECT_EQ(import("# nothing\n").status, 422);
  EXPECT_EQ(post(path_ + "/import", R"({"entries":[]})").status, 422);
  EXPECT_EQ(post(path_ + "/import", R"([])").status, 422);
  EXPECT_EQ(import("192.0.2.1,\xFF\n").status, 400);
  EXPECT_EQ(call({.method = "POST", .path = path_ + "/import", .body = "x", .content_type = "text/csv"}).status, 415);
  EXPECT_EQ(import("192.0.2.1\n", "?dry_run=perhaps").status, 422);
}

TEST_F(Import, AHundredThousandLinesAreOneRevisionAndOneMoreIsRefused) {
  path_ = "/api/v1/allowlist";
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text +=
        "11." + std::to_string(i >> 16) + "." + std::to_string((i >> 8) & 255) + "." + std::to_string(i & 255) + "\n";
  }
  const std::uint64_t before = store_->revision()->value;
  EXPECT_EQ(import(text + "12.0.0.1\n").status, 422);
  EXPECT_EQ(import(text).text("/added"), "100000");
  EXPECT_EQ(store_->revision()->value, before + 1);
  EXPECT_EQ(decide(key_.secret, "11.1.134.159").reason, Reason::kAllowed);
  EXPECT_EQ(decide(key_.secret, "11.1.134.160").reason, Reason::kAddressDeniedGlobal);
  // A list this long is not compared whole: the store finds the duplicate, and its id is told all the same.
  const ApiAnswer duplicate = add("11.0.0.7");
  EXPECT_EQ(duplicate.status, 409);
  EXPECT_EQ(duplicate.text("/standing_id").substr(0, 4), "ent_");
}

}  // namespace
}  // namespace keyfence
