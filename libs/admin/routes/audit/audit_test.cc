#include <algorithm>

#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

class AuditRoutes : public ApiFixture {
 protected:
  static std::string whole(const ApiAnswer& answer) {
    std::string body = answer.response.body;
    std::string piece;
    while (answer.response.next_piece && answer.response.next_piece(piece) && !piece.empty()) body += piece;
    return body;
  }
  std::string account_ = make_account("Acme");
  MadeKey key_ = make_key(account_);
};

TEST_F(AuditRoutes, LinesAreFoundByActorActionSubjectAndTime) {
  const std::string token = make_token("admin", account_);
  clock_.set(Timestamp{clock_.now().micros + 10'000'000});
  EXPECT_EQ(
      call({.method = "PATCH", .path = "/api/v1/keys/" + key_.id, .body = R"({"name":"x"})", .token = token}).status,
      200);
  const std::string actor = get("/api/v1/audit?limit=1").text("/items/0/actor");
  EXPECT_EQ(get("/api/v1/audit?actor=" + actor).text("/items/0/action"), "key.update");
  EXPECT_EQ(get("/api/v1/audit?actor=" + actor).text("/items/1"), "");
  EXPECT_EQ(get("/api/v1/audit?action=key.*").text("/items/1/action"), "key.create");
  EXPECT_EQ(get("/api/v1/audit?subject=" + key_.id + "&action=key.create").text("/items/0/subject"), key_.id);
  EXPECT_EQ(get("/api/v1/audit?from=2027-01-15T08:00:05Z").text("/items/0/action"), "key.update");
  EXPECT_EQ(get("/api/v1/audit?from=2027-01-15T08:00:05Z").text("/items/1"), "");
  EXPECT_EQ(get("/api/v1/audit?until=2027-01-15T08:00:05Z").text("/items/0/action"), "token.create");
  EXPECT_EQ(get("/api/v1/audit?from=yesterday").status, 422);
}

TEST_F(AuditRoutes, WhatWasDeniedIsFoundAndLeftOutOfWhatWasDone) {
  const auto items = [&](const std::string& query) {
    const ApiAnswer answer = get("/api/v1/audit?" + query);
    EXPECT_EQ(answer.status, 200);
    return answer.response.body;
  };
  EXPECT_EQ(items("outcome=denied").find("\"action\""), std::string::npos);
  EXPECT_EQ(call({.method = "POST",
                  .path = "/api/v1/session",
                  .body = R"({"login":"nobody","password":"wrong password"})",
                  .token = "none"})
                .status,
            401);
  EXPECT_NE(items("outcome=denied").find("session.denied"), std::string::npos);
  EXPECT_EQ(items("outcome=denied").find("key.create"), std::string::npos);
  EXPECT_EQ(items("outcome=done").find("session.denied"), std::string::npos);
  EXPECT_NE(items("outcome=done").find("key.create"), std::string::npos);
  EXPECT_EQ(items("outcome=denied&action=key.*").find("\"action\""), std::string::npos);
  EXPECT_EQ(items("outcome=denied&subject=" + key_.id).find("\"action\""), std::string::npos);
  EXPECT_EQ(items("outcome=denied&account_id=" + account_).find("\"action\""), std::string::npos);
  EXPECT_NE(items("outcome=denied&actor=anonymous").find("session.denied"), std::string::npos);
  EXPECT_NE(whole(get("/api/v1/audit.csv?outcome=denied")).find("session.denied"), std::string::npos);
  EXPECT_EQ(get("/api/v1/audit?outcome=perhaps").text("/errors/0/code"), "not_an_outcome");
}

TEST_F(AuditRoutes, ACursorStaysWhereItIsWhileLinesAreAdded) {
  const ApiAnswer page = get("/api/v1/audit?limit=1");
  make_account("Other");
  EXPECT_EQ(get("/api/v1/audit?limit=1&after=" + page.text("/next")).text("/items/0/action"), "account.create");
  EXPECT_EQ(get("/api/v1/audit?limit=1&after=" + page.text("/next")).text("/items/0/subject"), account_);
}

TEST_F(AuditRoutes, ExportsHoldEveryLineAndNoFormula) {
  EXPECT_EQ(patch("/api/v1/keys/" + key_.id, R"({"name":"=1+1"})").status, 200);
  const ApiAnswer csv = get("/api/v1/audit.csv");
  EXPECT_EQ(csv.status, 200);
  const std::string text = whole(csv);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);  // a heading and three lines
  EXPECT_EQ(text.rfind("id,at,actor,", 0), 0U);
  EXPECT_EQ(text.find("\n="), std::string::npos);
  EXPECT_EQ(text.find(",="), std::string::npos);
  const std::string lines = whole(get("/api/v1/audit.jsonl?action=key.*"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  EXPECT_NE(lines.find("\"hash\":\""), std::string::npos);
}

TEST_F(AuditRoutes, NoLineHoldsASecret) {
  const ApiAnswer rotated = post("/api/v1/keys/" + key_.id + "/rotate", "");
  const std::string token = make_token("viewer", account_);
  const std::string lines = whole(get("/api/v1/audit.jsonl"));
  for (const std::string& secret : {key_.secret, rotated.text("/secret"), token, operator_token_}) {
    ASSERT_GT(secret.size(), 20U);
    EXPECT_EQ(lines.find(secret), std::string::npos);
    EXPECT_EQ(lines.find(sha256(secret).hex()), std::string::npos);
  }
}

TEST_F(AuditRoutes, AnAccountExportsItsOwnLinesAlone) {
  const std::string other = make_account("Other");
  const std::string token = make_token("viewer", other);
  const std::string lines = whole(call({.method = "GET", .path = "/api/v1/audit.jsonl", .token = token}));
  EXPECT_NE(lines.find(other), std::string::npos);
  EXPECT_EQ(lines.find(account_), std::string::npos);
}

TEST_F(AuditRoutes, CallersThatAskTooOftenAre429WithTheHeadersOfTheStandard) {
  RateLimiter limiter(3);
  services_->rate_limiter = &limiter;
  for (int left = 2; left >= 0; --left) {
    const ApiAnswer answer = get("/api/v1/instance");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("RateLimit-Policy"), "\"default\";q=3;w=60");
    EXPECT_EQ(answer.header("RateLimit")->rfind("\"default\";r=" + std::to_string(left), 0), 0U);
  }
  const ApiAnswer over = get("/api/v1/instance");
  EXPECT_EQ(over.status, 429);
  EXPECT_EQ(over.text("/code"), "too_many_requests");
  EXPECT_EQ(over.header("Retry-After"), "20");
  EXPECT_EQ(call({.method = "GET", .path = "/healthz", .token = "none"}).status, 200);
  // Whoever tries tokens is counted by address, and does not take from those who have one.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call({.method = "GET", .path = "/api/v1/me", .token = "x"}).status, 401);
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/me", .token = "x"}).status, 429);
  const auto from = [&](const std::string& peer) {
    return call({.method = "GET", .path = "/api/v1/me", .token = "x", .peer = peer}).status;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(from("2001:db8::" + std::to_string(i)), 401);
  EXPECT_EQ(from("2001:db8::9"), 429) << "who has one address of a /64 has them all";
  EXPECT_EQ(from("2001:db8:0:1::9"), 401);
  clock_.set(Timestamp{clock_.now().micros + 20'000'000});
  EXPECT_EQ(get("/api/v1/instance").status, 200);
  services_->rate_limiter = nullptr;
}

}  // namespace
}  // namespace keyfence
