#include "libs/admin/testing/api_fixture.h"
#include "libs/admin/testing/counting_store.h"
#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

class Decisions : public ApiFixture {
 protected:
  ApiAnswer ask(const std::string& body) { return post("/api/v1/decisions?explain=true", body); }

  std::string account_ = make_account("Acme");
  MadeKey key_ =
      make_key(account_, R"(,"scopes":["a"],"allowlist":{"entries":[{"text":"203.0.113.0/24","label":"office"},
      {"text":"203.0.113.7"}]})");
};

TEST_F(Decisions, KeyKeyIdAndDigestAreDecidedAlike) {
  for (const std::string& named :
       {R"("key":")" + key_.secret, R"("key_id":")" + key_.id, R"("digest":")" + sha256(key_.secret).hex()}) {
    const ApiAnswer inside = post("/api/v1/decisions", "{" + named + R"(","address":"203.0.113.7"})");
    EXPECT_EQ(inside.text("/outcome"), "allow") << inside.response.body;
    const ApiAnswer outside = post("/api/v1/decisions", "{" + named + R"(","address":"192.0.2.1"})");
    EXPECT_EQ(outside.text("/reason"), "address_denied_key");
    EXPECT_EQ(outside.text("/status"), "403");
    EXPECT_EQ(outside.text("/key_id"), key_.id);
  }
}

TEST_F(Decisions, ExplainTellsEveryLayerAndTheMostSpecificEntry) {
  const ApiAnswer answer = ask(R"({"key_id":")" + key_.id + R"(","address":"203.0.113.7","scopes":["a","b"]})");
  EXPECT_EQ(answer.text("/reason"), "scope_missing");
  EXPECT_EQ(answer.text("/missing_scopes"), R"(["b"])");
  EXPECT_EQ(answer.text("/layers/0/layer"), "global");
  EXPECT_EQ(answer.text("/layers/0/verdict"), "admits");
  EXPECT_EQ(answer.text("/layers/2/entry/canonical"), "203.0.113.7/32");
  EXPECT_EQ(ask(R"({"key_id":")" + key_.id + R"(","address":"203.0.113.8"})").text("/layers/2/entry/label"), "office");
  EXPECT_EQ(ask(R"({"key_id":")" + key_.id + R"(","address":"192.0.2.1"})").text("/layers/2/verdict"), "denies");
}

TEST_F(Decisions, ExplainDoesNotReadTheListsHoweverLongTheyAre) {
  std::string lines = "10.0.0.1 - 10.255.255.254, all of ten\n10.7.0.0/16, seven\n";
  for (int i = 0; i < 2'000; ++i) {
    lines += "10.9." + std::to_string(i / 100) + "." + std::to_string(i % 100 * 2) + "\n";
  }
  ASSERT_EQ(call({.method = "POST",
                  .path = "/api/v1/allowlist/import",
                  .body = lines,
                  .headers = {},
                  .content_type = "text/plain"})
                .status,
            200);
  CountingStore counting(*store_);
  serve_with(counting, *publisher_);
  const auto entry_for = [&](const std::string& address) {
    const ApiAnswer answer = ask(R"({"key_id":")" + key_.id + R"(","address":")" + address + "\"}");
    return answer.text("/layers/0/verdict") + " " + answer.text("/layers/0/entry/label");
  };
  EXPECT_EQ(entry_for("10.200.0.1"), "admits all of ten");
  EXPECT_EQ(entry_for("10.7.1.1"), "admits seven");
  EXPECT_EQ(entry_for("203.0.113.7"), "denies ");
  EXPECT_EQ(counting.entries_read, 0U);
  serve_with(*store_, *publisher_);
}

TEST_F(Decisions, TimeCanBeChosen) {
  patch("/api/v1/keys/" + key_.id, R"({"expires_at":"2030-01-01T00:00:00Z"})");
  const std::string question = R"({"key_id":")" + key_.id + R"(","address":"203.0.113.7","at":)";
  EXPECT_EQ(ask(question + R"("2029-12-31T23:59:59Z"})").text("/reason"), "allowed");
  EXPECT_EQ(ask(question + R"("2030-01-01T00:00:00Z"})").text("/reason"), "key_expired");
}

TEST_F(Decisions, WithoutKeyOrAddressTheReasonSaysSo) {
  EXPECT_EQ(ask("{}").text("/reason"), "key_missing");
  EXPECT_EQ(ask(R"({"key":"kf_broken"})").text("/reason"), "key_malformed");
  EXPECT_EQ(ask(R"({"key":"another"})").text("/reason"), "key_unknown");
  EXPECT_EQ(ask(R"({"key_id":")" + key_.id + R"("})").text("/reason"), "address_unknown");
}

TEST_F(Decisions, WrongInputIs422) {
  for (const std::string_view body :
       {R"({"address":"10.0.0.1/32"})", R"({"address":"fe80::1%eth0"})", R"({"address":5})",
        R"({"key":"a","digest":"b"})", R"({"digest":"12"})", R"({"key_id":"key_x"})", R"({"at":"tomorrow"})",
        R"({"scopes":"a"})", R"({"scopes":[" "]})", R"([])"}) {
    EXPECT_EQ(ask(std::string(body)).status, 422) << body;
  }
}

TEST_F(Decisions, OtherAccountsLearnNothing) {
  const std::string other = make_account("Other");
  const std::string viewer = make_token("viewer", other);
  const auto ask_as = [&](const std::string& token, const std::string& body) {
    return call({.method = "POST", .path = "/api/v1/decisions?explain=true", .body = body, .token = token});
  };
  EXPECT_EQ(ask_as(viewer, R"({"key_id":")" + key_.id + R"("})").status, 404);
  const ApiAnswer by_secret = ask_as(viewer, R"({"key":")" + key_.secret + R"(","address":"203.0.113.7"})");
  EXPECT_EQ(by_secret.text("/reason"), "key_unknown");
  EXPECT_EQ(by_secret.text("/account_id"), "null");
  const std::string own = make_token("viewer", account_);
  post("/api/v1/allowlist/entries", R"({"text":"198.51.100.0/24","label":"ours"})");
  const ApiAnswer explained = ask_as(own, R"({"key_id":")" + key_.id + R"(","address":"203.0.113.7"})");
  EXPECT_EQ(explained.status, 200);
  EXPECT_EQ(explained.text("/layers/0/verdict"), "denies");
  const ApiAnswer inside = ask_as(own, R"({"key_id":")" + key_.id + R"(","address":"198.51.100.5"})");
  EXPECT_EQ(inside.text("/layers/0/verdict"), "admits");
  EXPECT_EQ(inside.text("/layers/0/entry"), "null");
}

}  // namespace
}  // namespace keyfence
