#include "libs/admin/maintenance.h"
#include "libs/admin/testing/api_fixture.h"
#include "libs/admin/testing/counting_store.h"

namespace keyfence {
namespace {

class Tokens : public ApiFixture {
 protected:
  int status_with(const std::string& token, const std::string& peer = "192.0.2.77") {
    return call({.method = "GET", .path = "/api/v1/whoami", .token = token, .peer = peer}).status;
  }
};

TEST_F(Tokens, WorkFromTheirAddressesAlone) {
  const ApiAnswer made =
      post("/api/v1/tokens",
           R"({"name":"ci","role":"operator","addresses":["203.0.113.0/24","192.0.2.10-192.0.2.20","2001:db8::1"]})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.text("/token/addresses"), R"(["203.0.113.0/24","192.0.2.10-192.0.2.20","2001:db8::1/128"])");
  const std::string token = made.text("/secret");
  EXPECT_EQ(status_with(token, "203.0.113.200"), 200);
  EXPECT_EQ(status_with(token, "192.0.2.10"), 200);
  EXPECT_EQ(status_with(token, "2001:db8::1"), 200);
  const ApiAnswer refused = call({.method = "GET", .path = "/api/v1/whoami", .token = token, .peer = "192.0.2.21"});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.text("/code"), "address_not_allowed");
}

TEST_F(Tokens, AddressesThatAreNoneAre422WithWhatWasMeant) {
  const ApiAnswer answer =
      post("/api/v1/tokens", R"({"name":"ci","role":"operator","addresses":["10.0.0.*",7,"10.0.0.5/24"]})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.text("/errors/0/pointer"), "/addresses/0");
  EXPECT_EQ(answer.text("/errors/0/suggestions/0"), "10.0.0.0/24");
  EXPECT_EQ(answer.text("/errors/1/code"), "wrong_type");
  EXPECT_EQ(answer.text("/errors/2/pointer"), "/addresses/2");
}

TEST_F(Tokens, TheirLastUseIsWrittenDownByTheMinute) {
  EXPECT_EQ(store_->tokens({})->front().last_used_at, std::nullopt);
  const auto last_use = [&] {
    get("/api/v1/tokens");
    run_maintenance(*services_);
    return get("/api/v1/tokens").text("/items/0/last_used_at");
  };
  const Timestamp first = clock_.now();
  EXPECT_EQ(last_use(), rfc3339(first));
  pass(std::chrono::seconds(59));
  EXPECT_EQ(last_use(), rfc3339(first));
  pass(std::chrono::seconds(1));
  EXPECT_EQ(last_use(), rfc3339(clock_.now()));
}

TEST_F(Tokens, AreListedPageByPageWithoutReadingThoseOfOthers) {
  const std::string one = make_account("One");
  const std::string two = make_account("Two");
  const std::string other = make_account("Other");
  const PersonId ada = make_person({.login = "ada", .account = one});
  ASSERT_TRUE(store_
                  ->transact([&](Transaction& tx) {
                    return tx.put_membership({*AccountId::parse(two), ada, Role::kOwner, clock_.now()});
                  })
                  .ok());
  for (int i = 0; i < 4; ++i) {
    for (const std::string& account : {other, two, one}) make_token("viewer", account);
  }
  CountingStore counting(*store_);
  serve_with(counting, *publisher_);
  Browser browser;
  sign_in(browser, "ada");
  std::vector<std::string> accounts;
  std::string after;
  do {
    const ApiAnswer page = browse(browser, {.method = "GET", .path = "/api/v1/tokens?limit=3" + after});
    for (const auto& item : page.body.at("items").as_array()) {
      accounts.emplace_back(item.as_object().at("account_id").as_string());
    }
    after = page.text("/next") == "null" ? "" : "&after=" + page.text("/next");
  } while (!after.empty());
  EXPECT_EQ(accounts, (std::vector<std::string>{two, one, two, one, two, one, two, one}));
  EXPECT_EQ(counting.tokens_read, 0U);
  serve_with(*store_, *publisher_);
}

TEST_F(Tokens, StopWithTheirAccountAndGoOnWithIt) {
  const std::string account = make_account("Acme");
  const std::string token = make_token("owner", account);
  EXPECT_EQ(status_with(token), 200);
  patch("/api/v1/accounts/" + account, R"({"state":"suspended"})");
  EXPECT_EQ(status_with(token), 401);
  patch("/api/v1/accounts/" + account, R"({"state":"active"})");
  EXPECT_EQ(status_with(token), 200);
}

}  // namespace
}  // namespace keyfence
