#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

class Declared : public ApiFixture {
 protected:
  ApiAnswer apply(const std::string& document, const std::string& query = "") {
    return post("/api/v1/apply" + query, document);
  }
  static std::size_t count(const ApiAnswer& answer, std::string_view member) {
    return answer.body.at(member).as_array().size();
  }
  std::string exported() { return get("/api/v1/export").response.body; }
};

constexpr std::string_view kDocument = R"({"keyfence":1,
  "allowlist":{"entries":[{"text":"203.0.113.0/24","label":"all of us"}]},
  "accounts":[{"name":"Acme","allowlist":{"when_empty":"deny"},
    "keys":[{"name":"prod","scopes":["a:read"],"allowlist":{"entries":[{"text":"203.0.113.7"}]}},
            {"name":"test","state":"disabled"}]}]})";

TEST_F(Declared, ADocumentIsCarriedOutAsOneChangeAndTwiceChangesNothing) {
  const std::uint64_t before = store_->revision()->value;
  const ApiAnswer done = apply(std::string(kDocument));
  ASSERT_EQ(done.status, 200) << done.response.body;
  EXPECT_EQ(store_->revision()->value, before + 1);
  EXPECT_EQ(count(done, "secrets"), 2U);
  const std::string secret = done.text("/secrets/0/secret");
  EXPECT_EQ(decide(secret, "203.0.113.7").reason, Reason::kAddressDeniedAccount);
  const ApiAnswer again = apply(std::string(kDocument));
  EXPECT_EQ(count(again, "changes"), 0U) << again.response.body;
  EXPECT_EQ(count(again, "secrets"), 0U);
  EXPECT_EQ(store_->revision()->value, before + 1);
}

TEST_F(Declared, APlanTellsTheSameAndChangesNothing) {
  const std::uint64_t before = store_->revision()->value;
  const ApiAnswer planned = apply(std::string(kDocument), "?plan=true");
  ASSERT_EQ(planned.status, 200) << planned.response.body;
  EXPECT_EQ(planned.text("/plan"), "true");
  EXPECT_EQ(count(planned, "secrets"), 0U);
  EXPECT_EQ(store_->revision()->value, before);
  EXPECT_EQ(store_->accounts({})->size(), 0U);
  EXPECT_EQ(count(apply(std::string(kDocument)), "changes"), count(planned, "changes"));
}

TEST_F(Declared, WhatIsExportedAppliesToNothingHereAndToEverythingElsewhere) {
  ASSERT_EQ(apply(std::string(kDocument)).status, 200);
  EXPECT_EQ(count(apply(exported()), "changes"), 0U);
  const std::string with_digests = get("/api/v1/export?digests=true").response.body;
  EXPECT_EQ(exported().find("digest"), std::string::npos);
  EXPECT_EQ(with_digests.find("kf_"), std::string::npos);
  EXPECT_EQ(count(apply(with_digests), "changes"), 0U);
}

TEST_F(Declared, AMovedInstanceKeepsIdsAndLetsItsKeysIn) {
  const std::string secret = [&] {
    const ApiAnswer made = apply(
        R"({"keyfence":1,"accounts":[{"name":"Acme","keys":[{"name":"prod","allowlist":{"entries":[{"text":"203.0.113.7"}]}}]}]})");
    return made.text("/secrets/0/secret");
  }();
  const std::string document = get("/api/v1/export?digests=true").response.body;
  const std::string account = get("/api/v1/accounts").text("/items/0/id");
  ASSERT_TRUE(store_->transact([&](Transaction& tx) { return tx.delete_account(*AccountId::parse(account)); }).ok());
  EXPECT_EQ(decide(secret, "203.0.113.7").reason, Reason::kKeyUnknown);
  const ApiAnswer moved = apply(document);
  ASSERT_EQ(moved.status, 200) << moved.response.body;
  EXPECT_EQ(get("/api/v1/accounts").text("/items/0/id"), account);
  EXPECT_EQ(decide(secret, "203.0.113.7").reason, Reason::kAllowed);
  EXPECT_EQ(decide(secret, "203.0.113.8").reason, Reason::kAddressDeniedKey);
}

TEST_F(Declared, OnlyWhatDiffersIsToldAndWritten) {
  ASSERT_EQ(apply(std::string(kDocument)).status, 200);
  std::string document(kDocument);
  document.replace(document.find("203.0.113.7"), 11, "203.0.113.8");
  const ApiAnswer done = apply(document);
  ASSERT_EQ(count(done, "changes"), 1U) << done.response.body;
  EXPECT_EQ(done.text("/changes/0/kind"), "allowlist");
  EXPECT_EQ(done.text("/changes/0/name"), "prod");
  EXPECT_EQ(done.text("/changes/0/added/0"), "203.0.113.8");
  EXPECT_EQ(done.text("/changes/0/removed/0"), "203.0.113.7");
}

TEST_F(Declared, OneMistakeChangesNothingAndIsNamed) {
  const std::uint64_t before = store_->revision()->value;
  const ApiAnswer broad = apply(
      R"({"keyfence":1,"accounts":[{"name":"Acme"},{"name":"Beta","keys":[{"name":"k","allowlist":{"entries":[{"text":"10.0.0.0/8"}]}}]}]})");
  EXPECT_EQ(broad.status, 422);
  EXPECT_EQ(broad.text("/errors/0/pointer"), "/accounts/1/keys/0/allowlist/entries/0/text");
  EXPECT_EQ(apply(R"({"accounts":[{"nme":"Acme"}]})").text("/errors/2/code"), "unknown_member");
  EXPECT_EQ(apply(R"({"keyfence":2})").status, 422);
  EXPECT_EQ(store_->revision()->value, before);
}

TEST_F(Declared, AnotherModeOfTheGlobalListAsksForThePasswordAgain) {
  make_person({.login = "boss", .reach = Reach::kInstance});
  Browser browser;
  sign_in(browser, "boss");
  pass(std::chrono::minutes(11));
  const auto apply_as_boss = [&](const std::string& mode) {
    return browse(browser, {.method = "POST",
                            .path = "/api/v1/apply",
                            .body = R"({"keyfence":1,"allowlist":{"mode":")" + mode + R"("},"accounts":[]})"});
  };
  EXPECT_EQ(apply_as_boss("off").text("/code"), "sign_in_again");
  EXPECT_EQ(get("/api/v1/allowlist").text("/mode"), "enforce");
  EXPECT_EQ(apply_as_boss("enforce").status, 200);
}

TEST_F(Declared, KeysAreFoundByTheNameThatTheyHaveByThen) {
  const std::string account = make_account("Acme");
  const MadeKey key = make_key(account);
  const auto keys = [&](const std::string& list) {
    return apply(R"({"keyfence":1,"accounts":[{"name":"Acme","keys":[)" + list + "]}]}");
  };
  const std::string renamed = R"({"id":")" + key.id + R"(","name":"renamed"})";
  // The name "a key" is free once the first key has another one.
  const ApiAnswer done = keys(R"({"name":"other"},)" + renamed + R"(,{"name":"a key"})");
  EXPECT_EQ(count(done, "secrets"), 2U) << done.response.body;
  EXPECT_EQ(keys(R"({"name":"renamed","description":"found"})").text("/changes/0/subject"), key.id);
  EXPECT_EQ(keys(R"({"name":"new"},{"name":"new"})").text("/errors/0/code"), "duplicate_key");
}

TEST_F(Declared, OfManyMistakesTheFirstThousandAreTold) {
  std::string accounts;
  for (int i = 0; i < 5'000; ++i) accounts += i > 0 ? ",0" : "0";
  const ApiAnswer refused = apply(R"({"keyfence":1,"accounts":[)" + accounts + "]}");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(count(refused, "errors"), 1'000U);
  EXPECT_NE(refused.text("/detail").find("more than the 1000 that are told"), std::string::npos);
}

TEST_F(Declared, KeysThatAreNotNamedStayUnlessPruned) {
  const std::string account = make_account("Acme");
  const MadeKey named = make_key(account);
  make_key(account);
  const std::string document =
      R"({"keyfence":1,"accounts":[{"name":"Acme","keys":[{"id":")" + named.id + R"(","name":"a key"}]}]})";
  EXPECT_EQ(count(apply(document), "changes"), 0U);
  const ApiAnswer pruned = apply(document, "?prune=true");
  EXPECT_EQ(count(pruned, "changes"), 1U);
  EXPECT_EQ(pruned.text("/changes/0/action"), "delete");
  EXPECT_EQ(store_->keys(std::nullopt, "", {})->size(), 1U);
  const std::string by_name = R"({"keyfence":1,"accounts":[{"name":"Acme","keys":[{"name":"a key"}]}]})";
  make_key(account);
  EXPECT_EQ(apply(by_name).text("/errors/0/code"), "ambiguous");
}

TEST_F(Declared, WhatIsFinalStaysFinalAndAnOpenListIsAskedFor) {
  ASSERT_EQ(apply(std::string(kDocument)).status, 200);
  const std::string empty = R"({"keyfence":1,"allowlist":{}})";
  EXPECT_EQ(apply(empty).text("/code"), "would_open_list");
  EXPECT_EQ(apply(empty, "?confirm=open_to_everyone").status, 200);
  const std::string account = get("/api/v1/accounts").text("/items/0/id");
  const std::string key = get("/api/v1/accounts/" + account + "/keys").text("/items/0/id");
  EXPECT_EQ(post("/api/v1/keys/" + key + "/revoke", "").status, 200);
  EXPECT_EQ(apply(R"({"keyfence":1,"accounts":[{"name":"Acme","keys":[{"name":"prod"}]}]})").text("/code"),
            "key_revoked");
}

}  // namespace
}  // namespace keyfence
