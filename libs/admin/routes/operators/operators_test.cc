#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

class Operators : public ApiFixture {
 protected:
  Operators() : first_(make_person({.login = "operator", .reach = Reach::kInstance})) {}

  ApiAnswer create(const std::string& login) {
    return post("/api/v1/operators", R"({"login":")" + login + R"(","name":"Second"})");
  }
  std::string actions() { return get("/api/v1/audit?action=operator.*").response.body; }

  PersonId first_;
};

TEST_F(Operators, AreMadeWithAPasswordThatIsShownOnceAndSignInWithIt) {
  const ApiAnswer made = create("Second@example.com");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.text("/operator/login"), "second@example.com");
  Browser browser;
  EXPECT_EQ(sign_in(browser, "second@example.com", made.text("/password")).status, 200);
  EXPECT_EQ(browse(browser, {.method = "GET", .path = "/api/v1/me"}).text("/operator"), "true");
  EXPECT_EQ(get("/api/v1/operators").body.at("items").as_array().size(), 2U);
  EXPECT_EQ(get("/api/v1/operators").response.body.find(made.text("/password")), std::string::npos);
  EXPECT_NE(actions().find("operator.create"), std::string::npos);
  EXPECT_EQ(actions().find(made.text("/password")), std::string::npos);
}

TEST_F(Operators, ALoginThatSomebodyHasIsRefused) {
  make_person({.login = "taken", .account = make_account("A")});
  EXPECT_EQ(create("taken").text("/code"), "login_exists");
  EXPECT_EQ(create("operator").text("/code"), "login_exists");
}

TEST_F(Operators, ACreationThatIsSentAgainMakesOne) {
  const ApiRequest request{.method = "POST",
                           .path = "/api/v1/operators",
                           .body = R"({"login":"second","name":"Second"})",
                           .headers = {{"Idempotency-Key", "k1"}}};
  const ApiAnswer first = call(request);
  const ApiAnswer again = call(request);
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(again.text("/password"), first.text("/password"));
}

TEST_F(Operators, WhoIsRemovedIsSignedOutAndTheLastOneStays) {
  const ApiAnswer made = create("second");
  Browser browser;
  sign_in(browser, "second", made.text("/password"));
  EXPECT_EQ(remove("/api/v1/operators/" + made.text("/operator/id")).status, 204);
  EXPECT_EQ(browse(browser, {.method = "GET", .path = "/api/v1/me"}).status, 401);
  EXPECT_EQ(sign_in(browser, "second", made.text("/password")).status, 401);
  EXPECT_NE(actions().find("operator.remove"), std::string::npos);
  EXPECT_EQ(remove("/api/v1/operators/" + first_.text()).text("/code"), "last_operator");
  EXPECT_EQ(remove("/api/v1/operators/" + made.text("/operator/id")).status, 404);
}

TEST_F(Operators, AMemberOfAnAccountIsNoOperatorAndOneWhoIsBothStaysAMember) {
  const std::string account = make_account("A");
  const PersonId member = make_person({.login = "member", .account = account});
  EXPECT_EQ(remove("/api/v1/operators/" + member.text()).status, 404);
  const PersonId both = make_person({.login = "both", .reach = Reach::kInstance, .account = account});
  Browser browser;
  sign_in(browser, "both");
  EXPECT_EQ(remove("/api/v1/operators/" + both.text()).status, 204);
  EXPECT_EQ(browse(browser, {.method = "GET", .path = "/api/v1/me"}).status, 401);
  EXPECT_EQ(sign_in(browser, "both").status, 200);
  EXPECT_EQ(browse(browser, {.method = "GET", .path = "/api/v1/me"}).text("/operator"), "false");
}

}  // namespace
}  // namespace keyfence
