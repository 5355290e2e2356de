#include "libs/admin/testing/api_fixture.h"
#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

class Keys : public ApiFixture {
 protected:
  std::string account_ = make_account("Acme");
  std::string path_ = "/api/v1/accounts/" + account_ + "/keys";
};

TEST_F(Keys, Create201ShowsTheSecretOnceAndTheGatewayKnowsIt) {
  const ApiAnswer made = post(path_, R"({"name":"ci","description":"d","scopes":["b","a","b"],
      "expires_at":"2100-01-01T00:00:00Z","allowlist":{"when_empty":"deny","entries":[{"text":"203.0.113.0/24"}]}})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.text("/key/scopes"), R"(["a","b"])");
  const std::string secret = made.text("/secret");
  EXPECT_TRUE(has_valid_checksum(secret, "kf_"));
  EXPECT_EQ(decide(secret, "203.0.113.9").reason, Reason::kAllowed);
  EXPECT_EQ(decide(secret, "198.51.100.1").reason, Reason::kAddressDeniedKey);
  const ApiAnswer read = get("/api/v1/keys/" + made.text("/key/id"));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.response.body.find(secret), std::string::npos);
  EXPECT_EQ(read.text("/hint").substr(0, 6), secret.substr(0, 6));
  EXPECT_EQ(get("/api/v1/keys/" + made.text("/key/id") + "/allowlist").text("/when_empty"), "deny");
}

TEST_F(Keys, SecretsAreNeitherLoggedNorAudited) {
  const MadeKey key = make_key(account_);
  const ApiAnswer rotated = call({.method = "POST", .path = "/api/v1/keys/" + key.id + "/rotate"});
  const ApiAnswer audit = get("/api/v1/audit");
  for (const std::string& secret : {key.secret, rotated.text("/secret"), operator_token_}) {
    EXPECT_EQ(log_.find(secret), std::string::npos);
    EXPECT_EQ(audit.response.body.find(secret), std::string::npos);
    EXPECT_EQ(audit.response.body.find(sha256(secret).hex()), std::string::npos);
  }
}

TEST_F(Keys, Create422ReportsEveryWrongEntryWithItsPointer) {
  const ApiAnswer answer = post(path_, R"({"allowlist":{"entries":[{"text":"10.0.0.5/24"},{"text":"192.0.2.1"},
      {"text":"010.0.0.1","label":5}]},"scopes":["no spaces"]})");
  EXPECT_EQ(answer.status, 422);
  const std::string body = answer.response.body;
  EXPECT_NE(body.find(R"("pointer":"/name","code":"missing")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("pointer":"/allowlist/entries/0/text","code":"host_bits_set")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("suggestions":["10.0.0.0/24","10.0.0.5")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("pointer":"/allowlist/entries/2/text","code":"leading_zero")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("pointer":"/allowlist/entries/2/label","code":"wrong_type")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("code":"not_a_scope")"), std::string::npos) << body;
}

TEST_F(Keys, ARefusedCreationLeavesNothingBehind) {
  const std::uint64_t before = store_->revision()->value;
  EXPECT_EQ(
      post(path_, R"({"name":"x","allowlist":{"entries":[{"text":"192.0.2.1"},{"text":"192.0.2.1/32"}]}})").status,
      422);
  EXPECT_EQ(get(path_).body.as_object().at("items").as_array().size(), 0U);
  EXPECT_EQ(store_->revision()->value, before);
}

TEST_F(Keys, EntriesBeyondTheLimitAre422) {
  std::string entries;
  for (int i = 0; i < 21; ++i) {
    entries += (i > 0 ? "," : "") + std::string(R"({"text":"192.0.2.)") + std::to_string(i) + "\"}";
  }
  const ApiAnswer answer = post(path_, R"({"name":"x","allowlist":{"entries":[)" + entries + "]}}");
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.response.body.find("too_many_entries"), std::string::npos) << answer.response.body;
}

TEST_F(Keys, DisableAndEnableCountAtOnce) {
  const MadeKey key = make_key(account_);
  const std::string path = "/api/v1/keys/" + key.id;
  EXPECT_EQ(patch(path, R"({"state":"disabled"})").text("/state"), "disabled");
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyDisabled);
  EXPECT_EQ(patch(path, R"({"state":"active"})").status, 200);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kAllowed);
  EXPECT_EQ(patch(path, R"({"state":"revoked"})").status, 422);
}

TEST_F(Keys, RevokingIsFinal) {
  const MadeKey key = make_key(account_);
  const std::string path = "/api/v1/keys/" + key.id;
  EXPECT_EQ(call({.method = "POST", .path = path + "/revoke"}).text("/state"), "revoked");
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyRevoked);
  EXPECT_EQ(patch(path, R"({"state":"active"})").text("/code"), "key_revoked");
  EXPECT_EQ(call({.method = "POST", .path = path + "/rotate"}).status, 409);
  EXPECT_EQ(call({.method = "POST", .path = path + "/revoke"}).status, 200);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyRevoked);
}

TEST_F(Keys, RotatingEndsTheOldSecretAndKeepsTheList) {
  const MadeKey key = make_key(account_, R"(,"allowlist":{"entries":[{"text":"192.0.2.0/24"}]})");
  const ApiAnswer rotated = call({.method = "POST", .path = "/api/v1/keys/" + key.id + "/rotate"});
  ASSERT_EQ(rotated.status, 200);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyUnknown);
  EXPECT_EQ(decide(rotated.text("/secret"), "192.0.2.1").reason, Reason::kAllowed);
  EXPECT_EQ(decide(rotated.text("/secret"), "198.51.100.1").reason, Reason::kAddressDeniedKey);
}

TEST_F(Keys, PatchChangesWhatItNamesAndNothingElse) {
  const MadeKey key = make_key(account_, R"(,"scopes":["a"],"expires_at":"2100-01-01T00:00:00Z")");
  const std::string path = "/api/v1/keys/" + key.id;
  EXPECT_EQ(patch(path, R"({"name":"new"})").text("/scopes"), R"(["a"])");
  EXPECT_EQ(get(path).text("/expires_at"), "2100-01-01T00:00:00Z");
  EXPECT_EQ(patch(path, R"({"expires_at":null})").text("/expires_at"), "null");
  EXPECT_EQ(patch(path, R"({"expires_at":"2000-01-01T00:00:00Z"})").status, 200);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyExpired);
}

TEST_F(Keys, ListsAreSearchedByName) {
  for (const std::string_view key_name : {"alpha", "beta", "alphabet"}) {
    ASSERT_EQ(post(path_, R"({"name":")" + std::string(key_name) + "\"}").status, 201);
  }
  EXPECT_EQ(get(path_ + "?name=alpha").body.as_object().at("items").as_array().size(), 2U);
  EXPECT_EQ(get(path_ + "?name=%25").body.as_object().at("items").as_array().size(), 0U);
  EXPECT_EQ(get(path_ + "?name=alpha&limit=1").text("/items/0/name"), "alpha");
}

TEST_F(Keys, ListsTellHowEachKeysOwnListStandsWithoutReadingIt) {
  const std::string open = make_key(account_).id;
  const std::string closed = make_key(account_, R"(,"allowlist":{"entries":[{"text":"192.0.2.1"},{"text":"::1"}]})").id;
  const std::string watched =
      make_key(account_, R"(,"allowlist":{"mode":"monitor","when_empty":"deny","entries":[{"text":"192.0.2.1"}]})").id;
  const ApiAnswer all = get(path_);
  EXPECT_EQ(all.text("/items/0/allowlist"), R"({"mode":"enforce","when_empty":"allow","entry_count":0})");
  EXPECT_EQ(all.text("/items/1/allowlist"), R"({"mode":"enforce","when_empty":"allow","entry_count":2})");
  EXPECT_EQ(all.text("/items/2/allowlist"), R"({"mode":"monitor","when_empty":"deny","entry_count":1})");
  EXPECT_EQ(get("/api/v1/keys/" + closed).text("/allowlist/entry_count"), "2");
  const ApiAnswer unrestricted = get(path_ + "?restriction=none");
  EXPECT_EQ(unrestricted.text("/items/0/id"), open);
  EXPECT_EQ(unrestricted.text("/items/1/id"), watched);
  EXPECT_EQ(get(path_ + "?restriction=none&limit=1").text("/items/0/id"), open);
  EXPECT_EQ(get(path_ + "?restriction=some").text("/items/0/id"), closed);
  EXPECT_EQ(get(path_ + "?restriction=few").status, 422);
}

TEST_F(Keys, ListsAreFilteredByState) {
  const std::string active = make_key(account_).id;
  const std::string disabled = make_key(account_).id;
  const std::string revoked = make_key(account_).id;
  const std::string expired = make_key(account_).id;
  EXPECT_EQ(patch("/api/v1/keys/" + disabled, R"({"state":"disabled"})").status, 200);
  EXPECT_EQ(call({.method = "POST", .path = "/api/v1/keys/" + revoked + "/revoke"}).status, 200);
  EXPECT_EQ(patch("/api/v1/keys/" + expired, R"({"expires_at":"2000-01-01T00:00:00Z"})").status, 200);
  for (const auto& [state, id] :
       {std::pair{"active", active}, {"disabled", disabled}, {"revoked", revoked}, {"expired", expired}}) {
    const ApiAnswer found = get(path_ + "?state=" + state);
    EXPECT_EQ(found.body.as_object().at("items").as_array().size(), 1U) << state;
    EXPECT_EQ(found.text("/items/0/id"), id) << state;
  }
  EXPECT_EQ(get(path_ + "?state=sleeping").status, 422);
}

TEST_F(Keys, ImportedDigestsAreKnownToTheGateway) {
  const std::string legacy = "legacy-key-0001";
  const std::string hex = sha256(legacy).hex();
  const ApiAnswer made = post(path_ + "/import", R"([{"digest":")" + hex + R"(","name":"old","scopes":["a"]}])");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.text("/imported"), "1");
  EXPECT_EQ(decide(legacy, "192.0.2.1").reason, Reason::kAllowed);
  const ApiAnswer again = post(path_ + "/import", R"([{"digest":")" + sha256("other").hex() +
                                                      R"(","name":"n"},{"digest":")" + hex + R"(","name":"old"}])");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.text("/code"), "duplicate_digest");
  EXPECT_EQ(again.text("/errors/0/pointer"), "/1/digest");
  EXPECT_EQ(again.text("/standing_id"), made.text("/key_ids/0"));
  EXPECT_EQ(decide("other", "192.0.2.1").reason, Reason::kKeyUnknown);
}

TEST_F(Keys, ImportsAreAllOrNothing) {
  const std::string good = R"({"digest":")" + sha256("x").hex() + R"(","name":"x"})";
  EXPECT_EQ(post(path_ + "/import", "[" + good + R"(,{"digest":"12","name":"y"},{"name":"z"}])").status, 422);
  EXPECT_EQ(post(path_ + "/import", "[" + good + "," + good + "]").status, 422);
  EXPECT_EQ(post(path_ + "/import", "[]").status, 422);
  EXPECT_EQ(post(path_ + "/import", "{}").status, 422);
  EXPECT_EQ(decide("x", "192.0.2.1").reason, Reason::kKeyUnknown);
}

TEST_F(Keys, DeletedKeysAreUnknown) {
  const MadeKey key = make_key(account_);
  EXPECT_EQ(remove("/api/v1/keys/" + key.id).status, 200);
  EXPECT_EQ(decide(key.secret, "192.0.2.1").reason, Reason::kKeyUnknown);
  EXPECT_EQ(remove("/api/v1/keys/" + key.id).status, 404);
  EXPECT_EQ(get("/api/v1/keys/key_0000000000000").status, 404);
  EXPECT_EQ(get("/api/v1/keys/nonsense").status, 404);
}

}  // namespace
}  // namespace keyfence
