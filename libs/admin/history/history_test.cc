#include "libs/admin/testing/api_fixture.h"
#include "libs/admin/testing/counting_store.h"

namespace keyfence {
namespace {

class History : public ApiFixture {
 protected:
  std::string add(const std::string& text) {
    const ApiAnswer made = post(path_ + "/entries", R"({"text":")" + text + R"("})");
    EXPECT_EQ(made.status, 201) << made.response.body;
    return made.text("/entry/id");
  }
  std::string revision() { return get(path_).text("/revision"); }
  ApiAnswer with_tag(std::string_view method, const std::string& path, const std::string& body,
                     const std::string& tag) {
    return call({.method = method, .path = path, .body = body, .headers = {{"If-Match", tag}}});
  }

  std::string account_ = make_account("Acme");
  MadeKey key_ = make_key(account_);
  std::string path_ = "/api/v1/keys/" + key_.id + "/allowlist";
};

TEST_F(History, TheSecondWriterIsToldWhatTheFirstOneChanged) {
  const std::string gone = add("203.0.113.1");
  const std::string changed = add("203.0.113.2");
  const std::string tag = *get(path_).header("ETag");
  EXPECT_EQ(remove(path_ + "/entries/" + gone).status, 200);
  EXPECT_EQ(patch(path_ + "/entries/" + changed, R"({"label":"office"})").status, 200);
  add("203.0.113.3");
  EXPECT_EQ(patch(path_, R"({"mode":"monitor"})").status, 200);

  const ApiAnswer refused = with_tag("PATCH", path_, R"({"mode":"off"})", tag);
  EXPECT_EQ(refused.status, 412);
  EXPECT_EQ(refused.text("/code"), "revision_mismatch");
  EXPECT_EQ(refused.header("ETag"), get(path_).header("ETag"));
  EXPECT_EQ(refused.text("/changed_since/changes/0/action"), "allowlist.update");
  EXPECT_EQ(refused.text("/changed_since/changes/3/action"), "entry.delete");
  EXPECT_EQ(refused.text("/changed_since/changes/4"), "");
  EXPECT_EQ(refused.text("/changed_since/difference/removed/0/id"), gone);
  EXPECT_EQ(refused.text("/changed_since/difference/changed/0/after/label"), "office");
  EXPECT_EQ(refused.text("/changed_since/difference/added/0/text"), "203.0.113.3");
  EXPECT_EQ(refused.text("/changed_since/difference/settings/mode/1"), "monitor");
  EXPECT_EQ(get(path_).text("/mode"), "monitor");
}

TEST_F(History, TagsThatWereNeverGivenAre412WithoutADifference) {
  add("203.0.113.1");
  for (const char* tag : {"\"999999\"", "\"x\"", "W/\"1\"", "nonsense", "\"18446744073709551615\""}) {
    const ApiAnswer refused = with_tag("PATCH", path_, R"({"mode":"off"})", tag);
    EXPECT_EQ(refused.status, 412) << tag;
    EXPECT_EQ(refused.text("/changed_since/difference"), "") << tag;
  }
  EXPECT_EQ(get(path_).text("/mode"), "enforce");
}

TEST_F(History, SettingsAccountsAndKeysAreGuardedToo) {
  struct Case {
    std::string path, first, second;
  };
  for (const Case& one : {Case{"/api/v1/instance", R"({"error_style":"flat"})", R"({"error_style":"problem"})"},
                          Case{"/api/v1/accounts/" + account_, R"({"name":"One"})", R"({"name":"Two"})"},
                          Case{"/api/v1/keys/" + key_.id, R"({"name":"one"})", R"({"name":"two"})"}}) {
    const std::string tag = *get(one.path).header("ETag");
    const ApiAnswer done = with_tag("PATCH", one.path, one.first, tag);
    EXPECT_EQ(done.status, 200) << done.response.body;
    EXPECT_EQ(done.header("ETag"), get(one.path).header("ETag")) << one.path;
    const ApiAnswer refused = with_tag("PATCH", one.path, one.second, tag);
    EXPECT_EQ(refused.status, 412) << one.path;
    EXPECT_NE(refused.text("/changed_since/changes/0/actor"), "") << one.path;
    EXPECT_EQ(refused.text("/changed_since/changes/1"), "") << one.path;
    EXPECT_EQ(with_tag("PATCH", one.path, one.second, *refused.header("ETag")).status, 200) << one.path;
  }
  EXPECT_EQ(with_tag("DELETE", "/api/v1/keys/" + key_.id, "", "\"0\"").status, 412);
  EXPECT_EQ(with_tag("POST", "/api/v1/keys/" + key_.id + "/rotate", "", "\"0\"").status, 412);
  EXPECT_EQ(decide(key_.secret, "203.0.113.1").reason, Reason::kAllowed);
}

TEST_F(History, AListIsListedByRevisionAndShownAsItStood) {
  add("203.0.113.1");
  const std::string one = revision();
  add("203.0.113.2");
  const std::string two = revision();
  EXPECT_EQ(put(path_, R"({"entries":[{"text":"198.51.100.0/24"}]})").status, 200);

  const ApiAnswer history = get(path_ + "/history?limit=2");
  EXPECT_EQ(history.text("/items/0/action"), "allowlist.replace");
  EXPECT_EQ(history.text("/items/0/removed"), "2");
  EXPECT_EQ(history.text("/items/1/revision"), two);
  const ApiAnswer rest = get(path_ + "/history?limit=2&after=" + history.text("/next"));
  EXPECT_EQ(rest.text("/items/0/revision"), one);
  EXPECT_EQ(rest.text("/items/1/action"), "key.create");
  EXPECT_EQ(rest.text("/next"), "null");
  EXPECT_EQ(get(path_ + "/history/" + two).text("/entries/1/text"), "203.0.113.2");
  EXPECT_EQ(get(path_ + "/history/" + one).text("/entries/1"), "");
  const ApiAnswer difference = get(path_ + "/difference?from=" + one + "&to=" + two);
  EXPECT_EQ(difference.text("/added/0/text"), "203.0.113.2");
  EXPECT_EQ(difference.text("/counts/removed"), "0");
  EXPECT_EQ(get(path_ + "/difference?from=" + two).text("/counts/removed"), "2");
  EXPECT_EQ(get(path_ + "/history/999999").status, 404);
  EXPECT_EQ(get(path_ + "/history/x").status, 404);
  EXPECT_EQ(get(path_ + "/history/0").status, 410);
  EXPECT_EQ(get(path_ + "/difference").status, 422);
}

TEST_F(History, TheAuditLogTellsOfAReplacedListWhatTheChangeTouched) {
  add("203.0.113.1");
  const std::string gone = add("203.0.113.2");
  const std::string changed = add("203.0.113.3");
  ASSERT_EQ(put(path_, R"({"entries":[{"text":"203.0.113.1"},{"text":"203.0.113.3","label":"office"},)"
                       R"({"text":"198.51.100.7"}]})")
                .status,
            200);
  const ApiAnswer line = get("/api/v1/audit?action=allowlist.replace&limit=1");
  EXPECT_EQ(line.text("/items/0/before/entry_count"), "3");
  EXPECT_EQ(line.text("/items/0/before/entries/0/id"), changed);
  EXPECT_EQ(line.text("/items/0/before/entries/0/label"), "");
  EXPECT_EQ(line.text("/items/0/before/entries/1/id"), gone);
  EXPECT_EQ(line.text("/items/0/before/entries/2"), "");
  EXPECT_EQ(line.text("/items/0/after/entries/0/id"), changed);
  EXPECT_EQ(line.text("/items/0/after/entries/0/label"), "office");
  EXPECT_EQ(line.text("/items/0/after/entries/1/canonical"), "198.51.100.7/32");
  EXPECT_EQ(line.text("/items/0/after/entries/2"), "");
}

TEST_F(History, RestoringIsOneNewChangeThatIsEnforcedAndCanItselfBeUndone) {
  const std::string kept = add("203.0.113.1");
  const std::string moved = add("203.0.113.2");
  const std::string good = revision();
  EXPECT_EQ(patch(path_ + "/entries/" + moved, R"({"text":"203.0.113.3"})").status, 200);
  EXPECT_EQ(remove(path_ + "/entries/" + kept).status, 200);
  add("203.0.113.2");
  EXPECT_EQ(patch(path_, R"({"mode":"off"})").status, 200);
  const std::string bad = revision();

  const ApiAnswer restored = post(path_ + "/restore", R"({"revision":)" + good + "}");
  ASSERT_EQ(restored.status, 200) << restored.response.body;
  EXPECT_EQ(restored.text("/mode"), "enforce");
  EXPECT_EQ(restored.text("/counts/added"), "1");
  EXPECT_EQ(restored.text("/counts/changed"), "1");
  EXPECT_EQ(restored.text("/counts/removed"), "1");
  EXPECT_EQ(decide(key_.secret, "203.0.113.2").reason, Reason::kAllowed);
  EXPECT_EQ(decide(key_.secret, "203.0.113.3").reason, Reason::kAddressDeniedKey);
  EXPECT_EQ(get(path_).text("/entries/0/id"), kept);
  EXPECT_EQ(get(path_).text("/entries/1/id"), moved);
  EXPECT_EQ(std::stoull(restored.text("/revision")), std::stoull(bad) + 1);
  EXPECT_EQ(get(path_ + "/difference?from=" + good).text("/counts/changed"), "0");
  EXPECT_EQ(get("/api/v1/audit?action=allowlist.restore").text("/items/0/after/restored_revision"), good);

  EXPECT_EQ(post(path_ + "/restore", R"({"revision":)" + bad + "}").status, 200);
  EXPECT_EQ(get(path_).text("/mode"), "off");
  EXPECT_TRUE(store_->verify().ok());
}

TEST_F(History, RestoringObeysTheLimitsOfTodayAndAsksBeforeItOpensAList) {
  const std::string empty = revision();
  add("203.0.0.0/16");
  const std::string broad = revision();
  EXPECT_EQ(post(path_ + "/restore", R"({"revision":)" + empty + "}").text("/code"), "would_open_list");
  EXPECT_EQ(post(path_ + "/restore?confirm=open_to_everyone", R"({"revision":)" + empty + "}").status, 200);
  EXPECT_EQ(patch("/api/v1/instance", R"({"limits":{"key":{"floor_v4":24}}})").status, 200);
  const ApiAnswer refused = post(path_ + "/restore", R"({"revision":)" + broad + "}");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.text("/errors/0/code"), "too_broad");
}

TEST_F(History, RestoringAnotherModeOfTheGlobalListAsksForThePasswordAgain) {
  make_person({.login = "boss", .reach = Reach::kInstance});
  Browser browser;
  sign_in(browser, "boss");
  EXPECT_EQ(patch("/api/v1/allowlist", R"({"mode":"off"})").status, 200);
  const std::string off = get("/api/v1/allowlist").text("/revision");
  EXPECT_EQ(patch("/api/v1/allowlist", R"({"mode":"enforce"})").status, 200);
  const std::string on = get("/api/v1/allowlist").text("/revision");
  pass(std::chrono::minutes(11));
  const auto restore = [&](const std::string& revision) {
    return browse(browser,
                  {.method = "POST", .path = "/api/v1/allowlist/restore", .body = R"({"revision":)" + revision + "}"})
        .text("/code");
  };
  EXPECT_EQ(restore(off), "sign_in_again");
  EXPECT_EQ(get("/api/v1/allowlist").text("/mode"), "enforce");
  EXPECT_EQ(restore(on), "") << "the mode stays";
}

TEST_F(History, HistoriesOfOthersDoNotExist) {
  const std::string other = make_account("Other");
  const std::string token = make_token("owner", other);
  for (const std::string& path : {path_ + "/history", path_ + "/history/1", path_ + "/difference?from=1"}) {
    EXPECT_EQ(call({.method = "GET", .path = path, .token = token}).status, 404) << path;
  }
  EXPECT_EQ(call({.method = "POST", .path = path_ + "/restore", .body = R"({"revision":1})", .token = token}).status,
            404);
}

TEST_F(History, ALongListIsComparedWhereAnEntryIsAdded) {
  std::string lines;
  for (int i = 0; i < 10'100; ++i) {
    lines += "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24\n";
  }
  const ApiAnswer imported = call({.method = "POST",
                                   .path = "/api/v1/allowlist/import",
                                   .body = lines,
                                   .headers = {},
                                   .content_type = "text/plain"});
  ASSERT_EQ(imported.status, 200) << imported.response.body.substr(0, 300);
  const auto add_global = [&](const std::string& text) {
    return post("/api/v1/allowlist/entries", R"({"text":")" + text + R"("})");
  };
  EXPECT_NE(add_global("10.7.3.9").response.body.find("inside_other_entry"), std::string::npos);
  EXPECT_NE(add_global("10.8.0.0/16").response.body.find("covers_other_entry"), std::string::npos);
  EXPECT_EQ(add_global("198.51.100.1").response.body.find("other_entry"), std::string::npos);
  EXPECT_EQ(patch("/api/v1/instance", R"({"limits":{"global":{"entries_max":10103}}})").status, 200);
  const ApiAnswer full = add_global("198.51.100.2");
  EXPECT_EQ(full.text("/errors/0/message"),
            "This list holds at most 10103 entries; it has 10103 and 1 would be added.");
  EXPECT_EQ(patch("/api/v1/instance", R"({"limits":{"global":{"entries_max":1000000}}})").status, 200);
  const ApiAnswer twin = add_global("10.9.9.0/24");
  EXPECT_EQ(twin.status, 409);
  EXPECT_NE(twin.text("/standing_id"), "");
}

TEST_F(History, AFewLinesAreImportedIntoALongListWithoutReadingIt) {
  const auto import = [&](const std::string& lines, const std::string& query) {
    return call({.method = "POST",
                 .path = "/api/v1/allowlist/import" + query,
                 .body = lines,
                 .headers = {},
                 .content_type = "text/plain"});
  };
  std::string lines = "10.0.0.0/9\n";
  for (int i = 0; i < 1'000; ++i) lines += "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "\n";
  ASSERT_EQ(import(lines, "").status, 200);
  CountingStore counting(*store_);
  serve_with(counting, *publisher_);
  const std::string few = "10.1.0.7\n10.2.0.0/16\n198.51.100.1\n10.1.0.0/24\n";
  const ApiAnswer judged = import(few, "?dry_run=true&on_duplicate=skip");
  EXPECT_EQ(counting.entries_read, 0U);
  EXPECT_EQ(judged.text("/lines/0/result"), "skipped") << judged.response.body;
  EXPECT_EQ(judged.text("/lines/1/warnings/0/code"), "inside_other_entry");
  EXPECT_EQ(judged.text("/lines/2/warnings/0/code"), "not_public");
  EXPECT_NE(judged.text("/lines/3/warnings").find("covers_other_entry"), std::string::npos);
  EXPECT_EQ(import(few, "?on_duplicate=skip").text("/added"), "3");
  EXPECT_EQ(get("/api/v1/allowlist").text("/entry_count"), "1004");
  serve_with(*store_, *publisher_);
}

TEST_F(History, AnEntryThatHoldsATrustedProxyIsWarnedOf) {
  AddressSetBuilder proxies;
  proxies.add(*IpRange::make(*IpAddress::parse("192.0.2.1"), *IpAddress::parse("192.0.2.9")));
  services_->proxy_trust.proxies = std::move(proxies).build();
  const ApiAnswer made = post(path_ + "/entries", R"({"text":"192.0.2.0/24"})");
  EXPECT_NE(made.response.body.find(R"("code":"trusted_proxy")"), std::string::npos) << made.response.body;
  EXPECT_EQ(post(path_ + "/entries", R"({"text":"198.51.100.1"})").response.body.find("trusted_proxy"),
            std::string::npos);
}

TEST_F(History, CursorsAreGoodForTheirCollectionAlone) {
  for (int i = 0; i < 3; ++i) add("203.0.113." + std::to_string(i));
  const std::string next = get(path_ + "?limit=1").text("/next");
  ASSERT_EQ(next.size(), 39U);
  EXPECT_EQ(get(path_ + "?limit=1&after=" + next).text("/entries/0/text"), "203.0.113.1");
  EXPECT_EQ(get(path_ + "?limit=2&after=" + next).status, 200);
  std::string forged = next;
  forged[5] = forged[5] == '0' ? '1' : '0';
  for (const std::string& bad :
       {forged, next.substr(1), next + "0", std::string("1"), std::string(39, '0'), std::string("key_0000000000001")}) {
    const ApiAnswer refused = get(path_ + "?after=" + bad);
    EXPECT_EQ(refused.status, 400) << bad;
    EXPECT_EQ(refused.text("/code"), "bad_cursor");
  }
  EXPECT_EQ(get("/api/v1/accounts?after=" + next).status, 400);
  EXPECT_EQ(get("/api/v1/audit?actor=x&after=" + next).status, 400);
}

}  // namespace
}  // namespace keyfence
