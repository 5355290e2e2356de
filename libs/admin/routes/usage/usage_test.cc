#include <set>

#include "libs/admin/routes/usage/csv.h"
#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

const Timestamp kNoon{1'790'000'000'000'000};

class UsageRoutes : public ApiFixture {
 protected:
  // One allowed and one denied request of a key, an hour apart, and one more of another day.
  void log_requests(const std::string& account, const std::string& key, std::string_view path) {
    std::vector<StorableRecord> records(3);
    for (std::size_t n = 0; n < records.size(); ++n) {
      UsageRecord& r = records[n].record;
      r.at = Timestamp{kNoon.micros + static_cast<std::int64_t>(n) * 3'600'000'000 + (n == 2 ? 86'400'000'000 : 0)};
      const auto millis = static_cast<std::uint64_t>(r.at.micros / 1000);
      for (std::size_t i = 0; i < 6; ++i) r.request_id[i] = static_cast<std::uint8_t>(millis >> (8 * (5 - i)));
      r.request_id[14] = static_cast<std::uint8_t>(segments_ + 1);
      r.request_id[15] = static_cast<std::uint8_t>(n);
      r.address = IpAddress::parse(n == 1 ? "198.51.100.9" : "203.0.113.5");
      r.decision.account = *AccountId::parse(account);
      r.decision.key = *KeyId::parse(key);
      r.decision.outcome = n == 1 ? Outcome::kDeny : Outcome::kAllow;
      r.decision.reason = n == 1 ? Reason::kAddressDeniedKey : Reason::kAllowed;
      r.decision.layer = n == 1 ? Layer::kKey : Layer::kNone;
      r.status = n == 1 ? 403 : 200;
      r.method = "GET";
      r.host = "api.example.com";
      r.path = path;
      r.user_agent = "=cmd()|'calc'!A0, \"quoted\"";
      records[n].offset = 4096 + 128 * (n + 1);
      if (n != 1 && entry_.value() != 0) records[n].matched.key = entry_;
    }
    const auto stored = usage_->store({.to = {++segments_, 1, records.back().offset},
                                       .gateway = "g1",
                                       .dropped = 0,
                                       .damaged = 0,
                                       .records = records});
    ASSERT_TRUE(stored) << stored.error().detail;
  }

  // The whole body of an answer that is made in pieces.
  std::string csv(const std::string& path, const std::string& token = "") {
    ApiAnswer answer = call({.method = "GET", .path = path, .body = {}, .token = token});
    EXPECT_EQ(answer.status, 200) << answer.response.body;
    std::string whole;
    std::string piece;
    while (answer.response.next_piece && answer.response.next_piece(piece) && !piece.empty()) whole += piece;
    return whole;
  }

  EntryId entry_;
  std::uint64_t segments_ = 0;
};

std::set<std::string> paths_of(const ApiAnswer& answer) {
  std::set<std::string> paths;
  if (answer.status != 200) return paths;
  for (const auto& item : answer.body.as_object().at("items").as_array()) {
    paths.emplace(item.as_object().at("path").as_string());
  }
  return paths;
}

TEST_F(UsageRoutes, NoFilterLetsAnAccountSeeAnothersRequests) {
  const std::string mine = make_account("mine");
  const std::string theirs = make_account("theirs");
  const std::string my_key = make_key(mine).id;
  const std::string their_key = make_key(theirs).id;
  log_requests(mine, my_key, "/mine");
  log_requests(theirs, their_key, "/theirs");
  const ApiAnswer whole = get("/api/v1/usage?account_id=" + theirs);
  ASSERT_EQ(whole.body.as_object().at("items").as_array().size(), 3U);
  const std::string their_request = whole.text("/items/0/request_id");
  const std::string next = get("/api/v1/usage?limit=1").text("/next");

  const std::vector<std::string> filters = {"",
                                            "key_id=" + their_key,
                                            "method=GET",
                                            "status=403",
                                            "status=2xx",
                                            "reason=address_denied_key",
                                            "layer=key",
                                            "address=198.51.100.9",
                                            "address=0.0.0.0/0",
                                            "path_prefix=/theirs",
                                            "request_id=" + their_request,
                                            "from=2020-01-01T00:00:00Z",
                                            "until=2100-01-01T00:00:00Z",
                                            "key_id=" + their_key + "&status=403&address=198.51.100.9"};
  for (const std::string role : {"viewer", "admin", "owner"}) {
    const std::string token = make_token(role, mine);
    const auto ask = [&](const std::string& path) {
      return call({.method = "GET", .path = path, .body = {}, .token = token});
    };
    for (const std::string& filter : filters) {
      for (const std::string& before : {std::string(), "&before=" + next, std::string("&before=99999-1")}) {
        EXPECT_FALSE(paths_of(ask("/api/v1/usage?" + filter + before)).contains("/theirs")) << role << " " << filter;
      }
      const std::string rows = csv("/api/v1/usage.csv?" + filter, token);
      EXPECT_EQ(rows.find("/theirs"), std::string::npos) << role << " " << filter;
      EXPECT_EQ(rows.find(their_key), std::string::npos) << role << " " << filter;
      for (const std::string group : {"time", "reason", "key", "address", "status"}) {
        const ApiAnswer totals = ask("/api/v1/usage/summary?group_by=" + group + "&" + filter);
        ASSERT_EQ(totals.status, 200);
        std::int64_t sum = 0;
        for (const auto& item : totals.body.as_object().at("items").as_array()) {
          const auto& total = item.as_object();
          EXPECT_NE(total.at("group"), boost::json::value(their_key));
          sum += total.at("allowed").as_int64() + total.at("denied").as_int64();
        }
        EXPECT_LE(sum, 3) << role << " " << filter << " " << group;
      }
    }
    EXPECT_EQ(paths_of(ask("/api/v1/usage")), std::set<std::string>{"/mine"});
    for (const std::string& path : {"usage?account_id=" + theirs, "usage.csv?account_id=" + theirs,
                                    "usage/summary?account_id=" + theirs, "usage/" + their_request}) {
      EXPECT_EQ(ask("/api/v1/" + path).status, 404) << role << " " << path;
    }
  }
  EXPECT_EQ(paths_of(get("/api/v1/usage")), (std::set<std::string>{"/mine", "/theirs"}));
  EXPECT_EQ(get("/api/v1/usage/" + their_request).text("/path"), "/theirs");
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/usage", .body = {}, .token = "none"}).status, 401);
}

TEST_F(UsageRoutes, NonsenseInAFilterIsNamedAndNothingIsAsked) {
  for (const std::string filter : {"status=9xx",
                                   "status=40",
                                   "status=-1",
                                   "status=4xxx",
                                   "reason=nonsense",
                                   "layer=moon",
                                   "address=10.0.0.5/24",
                                   "address=",
                                   "from=yesterday",
                                   "until=2026-13-01T00:00:00Z",
                                   "request_id=12",
                                   "request_id=zz",
                                   "method=",
                                   "method=ABCDEFGHIJKLMNOPQ",
                                   "limit=0",
                                   "limit=1001",
                                   "limit=ten",
                                   "before=x",
                                   "before=1-",
                                   "before=1--1",
                                   "before=1-99999999999999999999999",
                                   "before=-1-1",
                                   "before=1-2-3"}) {
    const ApiAnswer answer = get("/api/v1/usage?" + filter);
    EXPECT_EQ(answer.status, 422) << filter;
    EXPECT_EQ(answer.text("/errors/0/parameter"), filter.substr(0, filter.find('='))) << filter;
  }
  EXPECT_EQ(get("/api/v1/usage?sql=1").status, 422);
  EXPECT_EQ(get("/api/v1/usage?status=9xx&reason=x&from=y").body.as_object().at("errors").as_array().size(), 3U);
  EXPECT_EQ(get("/api/v1/usage/summary?group_by=path").status, 422);
  EXPECT_EQ(get("/api/v1/usage/summary?bucket_seconds=7").status, 422);
  EXPECT_EQ(get("/api/v1/usage/summary?bucket_seconds=86401").status, 422);
  EXPECT_EQ(get("/api/v1/usage.csv?limit=0").status, 422);
  EXPECT_EQ(get("/api/v1/usage.csv?before=1-1").status, 422);
  EXPECT_EQ(get("/api/v1/usage/nothing").status, 404);
  EXPECT_EQ(get("/api/v1/usage?path_prefix=%27%20OR%201=1").body.as_object().at("items").as_array().size(), 0U);
}

TEST_F(UsageRoutes, AForgedCursorAnswersAPageAndNoMore) {
  const std::string account = make_account("mine");
  log_requests(account, make_key(account).id, "/mine");
  for (const std::string cursor : {"0-0", "18446744073709551615-9223372036854775807", "20717-0", "99999999-5"}) {
    EXPECT_EQ(get("/api/v1/usage?before=" + cursor).status, 200) << cursor;
  }
}

TEST_F(UsageRoutes, AnExportHasWhatTheListHasAndNoFormula) {
  const std::string account = make_account("mine");
  log_requests(account, make_key(account).id, "/mine");
  const std::string rows = csv("/api/v1/usage.csv");
  EXPECT_EQ(rows.substr(0, rows.find("\r\n") + 2), routes::usage::csv_heading());
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 4);
  EXPECT_NE(rows.find(R"(,"'=cmd()|'calc'!A0, ""quoted""",)"), std::string::npos) << rows;
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n') - 1,
            static_cast<long>(get("/api/v1/usage").body.as_object().at("items").as_array().size()));
  const std::string one = csv("/api/v1/usage.csv?limit=1");
  EXPECT_EQ(std::count(one.begin(), one.end(), '\n'), 2);
  const std::string none = csv("/api/v1/usage.csv?status=500");
  EXPECT_EQ(none, routes::usage::csv_heading());
}

TEST(UsageCsv, FieldsAreQuotedGuardedAndPrintable) {
  const auto field = [](std::string_view text) {
    std::string out;
    routes::usage::append_csv_field(text, out);
    return out;
  };
  EXPECT_EQ(field(""), "");
  EXPECT_EQ(field("plain/text"), "plain/text");
  EXPECT_EQ(field("a,b"), "\"a,b\"");
  EXPECT_EQ(field("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(field("a\r\nb"), "\"a\r\nb\"");
  for (const std::string start : {"=", "+", "-", "@", "\t", "\r", "\n"}) {
    EXPECT_EQ(field(start + "1"), "\"'" + start + "1\"") << start;
  }
  EXPECT_EQ(field("caf\xC3\xA9"), "\"caf\xC3\xA9\"");
  EXPECT_EQ(field("caf\xE9"), "\"caf\\xe9\"");
  EXPECT_EQ(field(std::string_view("a\0b\x1b[2J\x7f", 8)), "\"a\\x00b\\x1b[2J\\x7f\"");
}

TEST_F(UsageRoutes, ListsAndKeysTellWhatHitThemAndWhen) {
  const std::string account = make_account("mine");
  const MadeKey key = make_key(account, R"(,"allowlist":{"entries":[{"text":"203.0.113.0/24"},{"text":"192.0.2.1"}]})");
  const std::string list = "/api/v1/keys/" + key.id + "/allowlist";
  EXPECT_EQ(get("/api/v1/keys/" + key.id).text("/evidence"), "null");
  EXPECT_EQ(get(list).text("/entries/0/evidence"), "null");
  entry_ = *EntryId::parse(get(list).text("/entries/0/id"));
  log_requests(account, key.id, "/mine");
  for (int round = 0; round < 2; ++round) {
    const ApiAnswer entries = get(list);
    EXPECT_EQ(entries.text("/entries/0/evidence/hits"), "2");
    EXPECT_EQ(entries.text("/entries/0/evidence/first_at"), rfc3339(kNoon));
    EXPECT_EQ(entries.text("/entries/0/evidence/last_at"),
              rfc3339(Timestamp{kNoon.micros + (86'400 + 7'200) * std::int64_t{1'000'000}}));
    EXPECT_EQ(entries.text("/entries/1/evidence"), "null");
    for (const std::string& path : {"/api/v1/keys/" + key.id, "/api/v1/accounts/" + account + "/keys"}) {
      const std::string at = path.ends_with("/keys") ? "/items/0/evidence" : "/evidence";
      const ApiAnswer shown = get(path);
      EXPECT_EQ(shown.text(at + "/allowed/hits"), "2");
      EXPECT_EQ(shown.text(at + "/denied/hits"), "1");
      EXPECT_EQ(shown.text(at + "/last_address"), "203.0.113.5");
    }
    // The evidence outlives the records.
    ASSERT_TRUE(usage_->apply_retention({.age_max = std::chrono::days(1)},
                                        Timestamp{kNoon.micros + 40 * 86'400 * std::int64_t{1'000'000}}));
    EXPECT_EQ(get("/api/v1/usage").body.as_object().at("items").as_array().size(), 0U);
  }
}

TEST_F(UsageRoutes, UnusedEntriesAreThoseInUseThatNoRequestHasHit) {
  const std::string account = make_account("mine");
  const std::string path = "/api/v1/accounts/" + account + "/unused-entries";
  const MadeKey key = make_key(account, R"(,"allowlist":{"entries":[{"text":"203.0.113.0/24"},{"text":"192.0.2.1"},
      {"text":"192.0.2.2","enabled":false},{"text":"192.0.2.3","expires_at":"2000-01-01T00:00:00Z"}]})");
  const MadeKey disabled = make_key(account, R"(,"allowlist":{"entries":[{"text":"192.0.2.4"}]})");
  ASSERT_EQ(patch("/api/v1/keys/" + disabled.id, R"({"state":"disabled"})").status, 200);
  ASSERT_EQ(post("/api/v1/accounts/" + account + "/allowlist/entries", R"({"text":"203.0.113.5"})").status, 201);
  entry_ = *EntryId::parse(get("/api/v1/keys/" + key.id + "/allowlist").text("/entries/0/id"));
  log_requests(account, key.id, "/mine");
  const ApiAnswer unused = get(path);
  ASSERT_EQ(unused.status, 200) << unused.response.body;
  EXPECT_EQ(unused.body.as_object().at("items").as_array().size(), 2U) << unused.response.body;
  EXPECT_EQ(unused.text("/items/0/layer"), "account");
  EXPECT_EQ(unused.text("/items/0/owner_id"), account);
  EXPECT_EQ(unused.text("/items/0/entry/text"), "203.0.113.5");
  EXPECT_EQ(unused.text("/items/1/owner_id"), key.id);
  EXPECT_EQ(unused.text("/items/1/entry/text"), "192.0.2.1");
  EXPECT_EQ(unused.text("/complete"), "true");
  const ApiAnswer one = get(path + "?limit=1");
  EXPECT_EQ(one.body.as_object().at("items").as_array().size(), 1U);
  EXPECT_EQ(one.text("/complete"), "false");
  EXPECT_EQ(get(path + "?limit=0").status, 422);
}

}  // namespace
}  // namespace keyfence
