#include "libs/admin/testing/api_fixture.h"

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
  EXPECT_EQ(get("/api/v1/tokens").text("/items/0/last_used_at"), rfc3339(clock_.now()));
  const Timestamp first = clock_.now();
  pass(std::chrono::seconds(59));
  get("/api/v1/tokens");
  EXPECT_EQ(get("/api/v1/tokens").text("/items/0/last_used_at"), rfc3339(first));
  pass(std::chrono::seconds(1));
  get("/api/v1/tokens");
  EXPECT_EQ(get("/api/v1/tokens").text("/items/0/last_used_at"), rfc3339(clock_.now()));
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
